/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_credential: a credential that systemd has encrypted with an empty key, as systemd-pcrlock
 * leaves its policy on the partition that the boot loader reads.
 *
 * The format is that of src/shared/creds-util.c of systemd (AES-256-GCM). A key that is known to
 * all hides nothing and proves nothing, so the tag at the end is not compared: the reader must be
 * able to do with what anybody wrote.
 */
#ifndef INTACT_SYSTEM_TPM2_CREDENTIAL_H
#define INTACT_SYSTEM_TPM2_CREDENTIAL_H

/* The text in a credential; file: its content, which is base64 in lines. NULL: it is none, or it
 * needs a key. The caller frees it. */
char *tpm2_credential_text(const char *file);

#endif
