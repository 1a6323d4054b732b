/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2-tss's config.h: Mbed TLS for its cryptography, no log (its callers read the response code).
 */
#define MBED 1
#define MAXLOGLEVEL LOGL_NONE
#define PACKAGE_VERSION "static"
