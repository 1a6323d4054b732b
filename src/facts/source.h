/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source: where a secret comes from.
 */
#ifndef INTACT_FACTS_SOURCE_H
#define INTACT_FACTS_SOURCE_H

/* Where a secret comes from, in the order in which sources are tried. */
enum source {
	SOURCE_TOKEN, /* keys in the kernel's keyring that tokens of the header name */
	SOURCE_TPM2,  /* what a TPM gives for a token of the header, without a PIN */
	SOURCE_KEYFILE,
	SOURCE_EMPTY,
	SOURCE_SHARED, /* the passphrase that opened another volume */
	SOURCE_CACHED, /* passwords that other programs left in the kernel's keyring */
	/* From here on a person types it. */
	SOURCE_TPM2_PIN, /* what a TPM gives for a token and a PIN */
	SOURCE_PROMPT,
};

#endif
