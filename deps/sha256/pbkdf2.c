// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PBKDF2-HMAC, in place of Mbed TLS's pkcs5.c.
 *
 * Formatting a disk calibrates the iteration count: to a second or two of OpenSSL. Mbed TLS
 * takes four times as long for the same count, because it hashes the padded key again in every
 * iteration and does not use the SHA instructions of x86. Argon2 headers gain too: in every LUKS2
 * header PBKDF2 makes the digest that shows whether a volume key is the right one.
 *
 * Here the two hash states that follow the padded keys are kept, so an iteration is two blocks
 * instead of four. SHA-256, which nearly all headers use, has its own loop (sha256.c).
 */
#include "sha256.h"

#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/platform_util.h>

#include <string.h>

#define MAX_BLOCK 128

struct hmac {
	mbedtls_md_context_t inner, outer; /* after the padded key */
	mbedtls_md_context_t work;
	size_t digest_size;
	uint32_t fast_inner[8], fast_outer[8]; /* the same two states, for sha256.c */
};

#ifdef __x86_64__
static void load_words(uint32_t *words, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words[i] = fast_sha256_word(bytes + 4 * i);
}

static void fast_state(uint32_t *state, const uint8_t *key)
{
	uint32_t block[16];

	fast_sha256_start(state);
	load_words(block, key, 16);
	fast_sha256_block(state, block);
	mbedtls_platform_zeroize(block, sizeof(block));
}
#endif

/* The state after the first block, the key XOR pad. */
static int key_state(mbedtls_md_context_t *state, uint32_t *fast, const uint8_t *key,
		     size_t block_size, uint8_t pad)
{
	uint8_t padded[MAX_BLOCK];
	int r;

	for (size_t i = 0; i < block_size; i++)
		padded[i] = key[i] ^ pad;
	r = mbedtls_md_starts(state);
	if (!r)
		r = mbedtls_md_update(state, padded, block_size);
#ifdef __x86_64__
	fast_state(fast, padded);
#else
	(void)fast;
#endif
	mbedtls_platform_zeroize(padded, sizeof(padded));
	return r;
}

/* Afterwards no copy of the key is left: a process may be killed at any time in the long loop, and
 * its memory is not wiped then. */
static int hmac_init(struct hmac *hmac, const mbedtls_md_info_t *info, const uint8_t *key,
		     size_t key_size)
{
	size_t block_size = mbedtls_md_get_size(info) > 32 ? 128 : 64;
	uint8_t padded[MAX_BLOCK] = { 0 };
	int r;

	hmac->digest_size = mbedtls_md_get_size(info);
	if ((r = mbedtls_md_setup(&hmac->inner, info, 0)) ||
	    (r = mbedtls_md_setup(&hmac->outer, info, 0)) ||
	    (r = mbedtls_md_setup(&hmac->work, info, 0)))
		return r;

	if (key_size > block_size) {
		r = mbedtls_md(info, key, key_size, padded);
		if (r)
			return r;
	} else if (key_size) {
		memcpy(padded, key, key_size);
	}
	r = key_state(&hmac->inner, hmac->fast_inner, padded, block_size, 0x36);
	if (!r)
		r = key_state(&hmac->outer, hmac->fast_outer, padded, block_size, 0x5c);
	mbedtls_platform_zeroize(padded, sizeof(padded));
	return r;
}

static void hmac_free(struct hmac *hmac)
{
	mbedtls_md_free(&hmac->inner);
	mbedtls_md_free(&hmac->outer);
	mbedtls_md_free(&hmac->work);
	mbedtls_platform_zeroize(hmac, sizeof(*hmac));
}

/* DIGEST = HMAC(A then B); B may be empty, and DIGEST may be A. */
static int hmac_digest(struct hmac *hmac, const uint8_t *a, size_t a_size, const uint8_t *b,
		       size_t b_size, uint8_t *digest)
{
	int r;

	if ((r = mbedtls_md_clone(&hmac->work, &hmac->inner)) ||
	    (r = mbedtls_md_update(&hmac->work, a, a_size)) ||
	    (r = mbedtls_md_update(&hmac->work, b, b_size)) ||
	    (r = mbedtls_md_finish(&hmac->work, digest)) ||
	    (r = mbedtls_md_clone(&hmac->work, &hmac->outer)) ||
	    (r = mbedtls_md_update(&hmac->work, digest, hmac->digest_size)))
		return r;
	return mbedtls_md_finish(&hmac->work, digest);
}

static int iterate(struct hmac *hmac, uint8_t *u, uint8_t *sum, uint32_t count)
{
	while (count--) {
		int r = hmac_digest(hmac, u, hmac->digest_size, NULL, 0, u);

		if (r)
			return r;
		for (size_t i = 0; i < hmac->digest_size; i++)
			sum[i] ^= u[i];
	}
	return 0;
}

#ifdef __x86_64__
static void iterate_sha256(const struct hmac *hmac, uint8_t *u, uint8_t *sum, uint32_t count)
{
	struct {
		uint32_t u[8], sum[8];
	} s;

	load_words(s.u, u, 8);
	load_words(s.sum, sum, 8);
	fast_sha256_iterate(hmac->fast_inner, hmac->fast_outer, s.u, s.sum, count);
	load_words((uint32_t *)sum, (const uint8_t *)s.sum, 8);
	mbedtls_platform_zeroize(&s, sizeof(s));
}
#endif

int mbedtls_pkcs5_pbkdf2_hmac_ext(mbedtls_md_type_t type, const unsigned char *password,
				  size_t password_size, const unsigned char *salt, size_t salt_size,
				  unsigned int iterations, uint32_t key_size, unsigned char *key)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
	uint8_t number[4], u[MBEDTLS_MD_MAX_SIZE],
		sum[MBEDTLS_MD_MAX_SIZE] __attribute__((aligned(4)));
	struct hmac hmac = { 0 };
	int r;

	if (!info || mbedtls_md_get_size(info) > sizeof(u))
		return MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE;
	if (!iterations)
		return MBEDTLS_ERR_PKCS5_BAD_INPUT_DATA;

	r = hmac_init(&hmac, info, password, password_size);

	for (uint32_t n = 1; !r && key_size; n++) {
		uint32_t size = key_size < hmac.digest_size ? key_size : hmac.digest_size;

		for (int i = 0; i < 4; i++)
			number[i] = n >> (24 - 8 * i);
		r = hmac_digest(&hmac, salt, salt_size, number, sizeof(number), u);
		if (r)
			break;
		memcpy(sum, u, hmac.digest_size);
#ifdef __x86_64__
		if (type == MBEDTLS_MD_SHA256)
			iterate_sha256(&hmac, u, sum, iterations - 1);
		else
#endif
			r = iterate(&hmac, u, sum, iterations - 1);
		memcpy(key, sum, size);
		key += size;
		key_size -= size;
	}

	hmac_free(&hmac);
	mbedtls_platform_zeroize(u, sizeof(u));
	mbedtls_platform_zeroize(sum, sizeof(sum));
	return r;
}
