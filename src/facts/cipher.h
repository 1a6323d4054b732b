/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modplan: which kernel crypto algorithms a LUKS2 segment needs, by name; no module names, no lists
 * of ciphers.
 *
 * A name NAME becomes the module alias "crypto-NAME", which libkmod resolves for the kernel at
 * hand: what is built in on one kernel is a module on the next.
 */
#ifndef INTACT_FACTS_CIPHER_H
#define INTACT_FACTS_CIPHER_H
#include <stdbool.h>
#include <stddef.h>

#define MODPLAN_MAX 24
#define MODPLAN_NAME_MAX 128 /* the kernel's CRYPTO_MAX_ALG_NAME */

struct modplan {
	char names[MODPLAN_MAX]
		  [MODPLAN_NAME_MAX]; /* without duplicates, templates before what they contain */
	size_t n;
};

/*
 * encryption is the segment's "encryption" ("aes-xts-plain64", "aes-cbc-essiv:sha256",
 * "xchacha20,aes-adiantum-plain64", without integrity also "capi:…" as dm-crypt takes it);
 * integrity is its integrity type ("hmac(sha256)", "aead", "poly1305", "cmac(aes)", "none"; NULL or
 * "": none at all). Builds the dm-crypt cipher the way libcryptsetup does into dm_cipher (may be
 * NULL) and splits it into names: "capi:authenc(hmac(sha256),xts(aes))-plain64" gives
 * authenc(hmac(sha256),xts(aes)) authenc hmac(sha256) hmac sha256 xts(aes) xts aes.  Whole
 * instances such as "hmac(sha256)" are listed too, since a module may offer the combination
 * ready-made.  IV generators that use crypto (essiv:HASH, lmk, tcw, elephant) add theirs, and so do
 * templates that ask the kernel for more than their name says (gcm, ccm, adiantum, hctr2). -EINVAL:
 * not a cipher specification (unbalanced, empty, characters no algorithm name has); -E2BIG; nothing
 * is written then.
 */
int modplan_build(const char *encryption, const char *integrity, struct modplan *ret,
		  char *dm_cipher, size_t dm_cipher_size);

/*
 * found[i] says whether the kernel has names[i]: a module carries its alias, or it is built in or
 * registered already. Returns the name that is missing for the whole to work, NULL when nothing is:
 * an instance that nothing offers ready-made needs its template and everything in its brackets;
 * additions of IV generators and templates are not counted, since kernels move those into
 * themselves. Borrowed.
 */
const char *modplan_missing(const struct modplan *plan, const bool found[static MODPLAN_MAX]);

/* Bytes of tag that dm-integrity must hold per sector for it, IV included (32 for hmac(sha256) with
 * plain64, 48 with random); 0 when not known, for a future algorithm. */
unsigned modplan_tag_size(const char *encryption, const char *integrity);

/*
 * Every (encryption, integrity) that an integrity-protected LUKS2 header could plausibly carry:
 * what cryptsetup's
 * --integrity accepts with the documented ciphers. For images of machines whose disk cannot be
 * seen; a kernel need not have them all. Returns the number of entries.
 */
struct modplan_mode {
	const char *encryption, *integrity;
};
size_t modplan_all(const struct modplan_mode **ret);

#endif
