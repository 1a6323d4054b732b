// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The anti-forensic merge of LUKS (TKS1: the key is spread over 4000 stripes, each hashed into the
 * next), in place of libcryptsetup's function, which sets up and frees a hash for every 32 bytes:
 * 12000 times for a key of 96 bytes. libs.mk renames libcryptsetup's function, which is still used
 * for all hashes except SHA-256, the hash of nearly all headers.
 */
#include "af.h"
#include "sha256.h"

#include <string.h>

/* The longest key: 64 bytes for the cipher and 64 for the integrity, and room for more. */
#define DIGESTS_MAX 8

/* SRC has STRIPES times SIZE bytes; the key, SIZE bytes, is written to DST. Returns 0 or -errno. */
int AF_merge(const char *src, char *dst, size_t size, unsigned int stripes, const char *hash)
{
	uint32_t digests[DIGESTS_MAX][8] = { 0 };

	if (strcmp(hash, "sha256") || size % 32 || size > sizeof(digests) || !stripes)
		return AF_merge_any(src, dst, size, stripes, hash);

	for (; stripes > 1; stripes--, src += size) {
		for (size_t i = 0; i < size / 4; i++)
			digests[i / 8][i % 8] ^= fast_sha256_word(src + 4 * i);
		fast_sha256_diffuse(digests, size / 32);
	}
	for (size_t i = 0; i < size / 4; i++) {
		uint32_t w = __builtin_bswap32(digests[i / 8][i % 8] ^
					       fast_sha256_word(src + 4 * i));

		memcpy(dst + 4 * i, &w, sizeof(w));
	}
	explicit_bzero(digests, sizeof(digests));
	return 0;
}
