/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cipher: which kernel crypto algorithms the cipher of a LUKS2 segment needs, by name; no module
 * names, no lists of ciphers.
 *
 * Each NAME is looked up as the module alias "crypto-NAME", which libkmod resolves for one kernel:
 * what is built into one kernel is a module of the next.
 */
#ifndef INTACT_FACTS_CIPHER_H
#define INTACT_FACTS_CIPHER_H

#include "facts/cipher_spec.h"

#include <stdbool.h>
#include <stddef.h>

#define CIPHER_NAMES_MAX 24
#define CIPHER_DM_MAX (CIPHER_NAME_MAX + 80)

struct cipher {
	char dm[CIPHER_DM_MAX]; /* "capi:authenc(hmac(sha256),xts(aes))-plain64": as in dm-crypt's
				   table */
	/* No duplicates, templates before their arguments; names[0] is the whole. */
	char names[CIPHER_NAMES_MAX][CIPHER_NAME_MAX];
	size_t n;
};

/*
 * encryption is the segment's "encryption": "aes-xts-plain64", "aes-cbc-essiv:sha256",
 * "xchacha20,aes-adiantum-plain64"; without integrity also dm-crypt's "capi:…". integrity is its
 * integrity type: "hmac(sha256)", "aead", "poly1305", "cmac(aes)", "none"; NULL or "": no
 * integrity.
 *
 * Composes the dm-crypt cipher as libcryptsetup does and lists its names:
 * "capi:authenc(hmac(sha256),xts(aes))-plain64" gives authenc(hmac(sha256),xts(aes)) authenc
 * hmac(sha256) hmac sha256 xts(aes) xts aes. Whole instances such as "hmac(sha256)" are listed
 * because a module may implement the combination. IV generators (essiv:HASH, lmk, tcw, elephant)
 * and templates (gcm, ccm, adiantum, hctr2) add the algorithms that they allocate themselves.
 *
 * -EINVAL: not a cipher specification (unbalanced, empty, characters that no algorithm name has);
 * -E2BIG.
 */
int cipher_read(const char *encryption, const char *integrity, struct cipher *ret);

/*
 * The name that the kernel lacks for the whole to work; NULL when it lacks none. Points into
 * cipher. found[i]: the kernel has names[i] (as a module, built in, or registered already).
 *
 * An instance that no module implements needs its template and all arguments. Additions of IV
 * generators and templates are not counted, since newer kernels have them inside.
 */
const char *cipher_missing(const struct cipher *cipher, const bool found[static CIPHER_NAMES_MAX]);

struct cipher_mode {
	const char *encryption, *integrity;
};

/*
 * Every combination that an integrity-protected LUKS2 header is likely to have: what cryptsetup's
 * --integrity accepts, with the documented ciphers. For images of machines whose disk cannot be
 * read; a kernel need not support them all. Returns the number of entries.
 */
size_t cipher_modes(const struct cipher_mode **ret);

#endif
