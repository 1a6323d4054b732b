/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal_aes: AES with the instructions of an x86-64 processor, for the files that compute with them
 * (system/seal_fast.h). Callers have seen that it has them.
 */
#ifndef INTACT_SYSTEM_SEAL_AES_H
#define INTACT_SYSTEM_SEAL_AES_H

#include <immintrin.h>
#include <string.h>

#define SEAL_AES_KEYS (15 * 16) /* bytes of expanded keys */
#define SEAL_AES_CODE __attribute__((target("aes,sse4.1,ssse3")))
#define SEAL_AES SEAL_AES_CODE __attribute__((always_inline)) static inline

/* Eight blocks are on their way at a time: an instruction takes longer than it takes to begin. */
#define EIGHT(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7)

/* All rounds but the last one of b0 … b7, which have been mixed with the first key; k is the last
 * key then. */
#define SEAL_AES_ROUND(i) b##i = _mm_aesenc_si128(b##i, k);
#define SEAL_AES_ROUNDS(keys, rounds)             \
	for (unsigned r = 1; r < (rounds); r++) { \
		k = seal_aes_key(keys, r);        \
		EIGHT(SEAL_AES_ROUND)             \
	}                                         \
	k = seal_aes_key(keys, rounds);

/* w[i] ^= all words before it in this round key. */
SEAL_AES __m128i seal_aes_spread(__m128i key)
{
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	return _mm_xor_si128(key, _mm_slli_si128(key, 8));
}

#define EVEN(key, from, rcon)               \
	_mm_xor_si128(seal_aes_spread(key), \
		      _mm_shuffle_epi32(_mm_aeskeygenassist_si128(from, rcon), 0xff))
#define ODD(key, from)                      \
	_mm_xor_si128(seal_aes_spread(key), \
		      _mm_shuffle_epi32(_mm_aeskeygenassist_si128(from, 0), 0xaa))

SEAL_AES void seal_aes_expand_128(const unsigned char *key, __m128i *k)
{
	k[0] = _mm_loadu_si128((const __m128i *)key);
	k[1] = EVEN(k[0], k[0], 0x01);
	k[2] = EVEN(k[1], k[1], 0x02);
	k[3] = EVEN(k[2], k[2], 0x04);
	k[4] = EVEN(k[3], k[3], 0x08);
	k[5] = EVEN(k[4], k[4], 0x10);
	k[6] = EVEN(k[5], k[5], 0x20);
	k[7] = EVEN(k[6], k[6], 0x40);
	k[8] = EVEN(k[7], k[7], 0x80);
	k[9] = EVEN(k[8], k[8], 0x1b);
	k[10] = EVEN(k[9], k[9], 0x36);
}

SEAL_AES void seal_aes_expand_256(const unsigned char *key, __m128i *k)
{
	k[0] = _mm_loadu_si128((const __m128i *)key);
	k[1] = _mm_loadu_si128((const __m128i *)(key + 16));
	k[2] = EVEN(k[0], k[1], 0x01);
	k[3] = ODD(k[1], k[2]);
	k[4] = EVEN(k[2], k[3], 0x02);
	k[5] = ODD(k[3], k[4]);
	k[6] = EVEN(k[4], k[5], 0x04);
	k[7] = ODD(k[5], k[6]);
	k[8] = EVEN(k[6], k[7], 0x08);
	k[9] = ODD(k[7], k[8]);
	k[10] = EVEN(k[8], k[9], 0x10);
	k[11] = ODD(k[9], k[10]);
	k[12] = EVEN(k[10], k[11], 0x20);
	k[13] = ODD(k[11], k[12]);
	k[14] = EVEN(k[12], k[13], 0x40);
}

#undef EVEN
#undef ODD

/* rounds: 14 for a key of 32 bytes, else 10. */
SEAL_AES_CODE static void seal_aes_expand(unsigned char to[static SEAL_AES_KEYS],
					  const unsigned char *key, unsigned rounds)
{
	__m128i k[15];

	memset(k, 0, sizeof(k));
	if (rounds == 14)
		seal_aes_expand_256(key, k);
	else
		seal_aes_expand_128(key, k);
	memcpy(to, k, sizeof(k));
	explicit_bzero(k, sizeof(k));
}

SEAL_AES __m128i seal_aes_key(const unsigned char *keys, unsigned i)
{
	return _mm_loadu_si128((const __m128i *)(keys + 16 * (size_t)i));
}

SEAL_AES __m128i seal_aes_block(const unsigned char *keys, unsigned rounds, __m128i block)
{
	block = _mm_xor_si128(block, seal_aes_key(keys, 0));
	for (unsigned i = 1; i < rounds; i++)
		block = _mm_aesenc_si128(block, seal_aes_key(keys, i));
	return _mm_aesenclast_si128(block, seal_aes_key(keys, rounds));
}

#endif
