/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cipherspeed: how fast the running kernel computes a cipher, an AEAD or a hash, measured with the
 * kernel's own implementation through AF_ALG. Only made-up keys and data go that way.
 */
#ifndef INTACT_SYSTEM_CIPHERSPEED_H
#define INTACT_SYSTEM_CIPHERSPEED_H

#include <stdbool.h>
#include <stdint.h>

enum cipherspeed_kind { CIPHERSPEED_AEAD, CIPHERSPEED_CIPHER, CIPHERSPEED_HASH };

struct cipherspeed {
	enum cipherspeed_kind kind;
	const char *algorithm; /* as the kernel names it: "authenc(hmac(sha256),xts(aes))" */
	/* Bytes. mac_key: of authenc(), beside the cipher's key. tag: of an AEAD, or the sum of a
	 * hash. */
	unsigned key, mac_key, iv, tag;
};

/* Can programs ask the kernel for its ciphers at all? */
bool cipherspeed_possible(void);

/*
 * The speed in bytes a second of so many threads together, measured for so many milliseconds.
 * 0; -ENOENT: the kernel does not have the algorithm, or does not offer its kind to programs; or
 * another negative errno.
 */
int cipherspeed_measure(const struct cipherspeed *what, unsigned threads, unsigned ms,
			uint64_t *ret);

#endif
