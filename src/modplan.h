/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modplan: which kernel crypto algorithms a LUKS2 segment needs, by name; no module names, no lists of ciphers.
 *
 * A name NAME becomes the module alias "crypto-NAME", which libkmod resolves for the kernel at hand: what is
 * built in on one kernel is a module on the next.
 */
#ifndef INTACT_MODPLAN_H
#define INTACT_MODPLAN_H

#include <stddef.h>

#define MODPLAN_MAX 24

struct modplan {
	char names[MODPLAN_MAX][64]; /* without duplicates, templates before what they contain */
	size_t n;
};

/*
 * encryption is the segment's "encryption" ("aes-xts-plain64", "aes-cbc-essiv:sha256", "xchacha20,aes-adiantum-plain64",
 * "capi:…" as dm-crypt takes it); integrity is its integrity type ("hmac(sha256)", "aead", "poly1305", "cmac(aes)", "none" or NULL).
 * Builds the dm-crypt cipher the way libcryptsetup does into dm_cipher (may be NULL) and splits it into names:
 * "capi:authenc(hmac(sha256),xts(aes))-plain64" gives authenc(hmac(sha256),xts(aes)) authenc hmac(sha256) hmac sha256 xts(aes) xts aes.
 * Whole instances such as "hmac(sha256)" are listed too, since a module may offer the combination ready-made.
 * IV generators that use crypto (essiv:HASH, and eboiv, lmk, tcw where they do) add theirs.
 * -EINVAL: not a cipher specification (unbalanced, empty, characters no algorithm name has); -E2BIG.
 */
int modplan_build(const char *encryption, const char *integrity, struct modplan *ret, char *dm_cipher, size_t dm_cipher_size);

/* Bytes of tag that dm-integrity must hold per sector for it, IV included (facts: 32 for hmac(sha256) with plain64, 48 with random);
 * 0 when not known for a future algorithm. */
unsigned modplan_tag_size(const char *encryption, const char *integrity);

/*
 * Every (encryption, integrity) that an integrity-protected LUKS2 header could plausibly carry: what cryptsetup's --integrity accepts
 * with the documented ciphers. For images of machines whose disk cannot be seen. Returns the number of entries.
 */
struct modplan_mode {
	const char *encryption, *integrity;
};
size_t modplan_all(const struct modplan_mode **ret);

#endif
