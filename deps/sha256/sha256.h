/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The big-endian word at BYTES, which need not be aligned, as SHA-256 reads it. */
static inline uint32_t fast_sha256_word(const void *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return __builtin_bswap32(word);
}

/* SHA-256 on words in the byte order of the machine. */
void fast_sha256_start(uint32_t state[8]);
void fast_sha256_block(uint32_t state[8], const uint32_t message[16]);

/*
 * COUNT times: U = HMAC(U), SUM ^= U, where INNER and OUTER are the states that follow the two
 * padded keys. The first uses the SHA instructions if there are any.
 */
void fast_sha256_iterate(const uint32_t inner[8], const uint32_t outer[8], uint32_t u[8],
			 uint32_t sum[8], uint32_t count);
void fast_sha256_iterate_plain(const uint32_t inner[8], const uint32_t outer[8], uint32_t u[8],
			       uint32_t sum[8], uint32_t count);

/*
 * Each of COUNT digests becomes the hash of its number, as four bytes, and itself: LUKS calls it
 * diffusion. The first uses the SHA instructions if there are any.
 */
void fast_sha256_diffuse(uint32_t (*digests)[8], size_t count);
void fast_sha256_diffuse_plain(uint32_t (*digests)[8], size_t count);

/* The name that libs.mk gives to libcryptsetup's AF_merge(), because af.c replaces it. Both are
 * declared as in libcryptsetup's af.h. */
int AF_merge_any(const char *src, char *dst, size_t size, unsigned int stripes, const char *hash);

#endif
