/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * version: the version from the Makefile; "unknown" in a build without it.
 */
#ifndef INTACT_VERSION
#define INTACT_VERSION "unknown"
#endif
