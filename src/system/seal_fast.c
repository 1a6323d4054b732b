/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/seal_fast.h"

#include <string.h>

#if defined(__x86_64__)

#include "system/seal_aes.h"

#include <cpuid.h>

#define FAST __attribute__((target("aes,sha,sse4.1,ssse3")))
#define INLINE FAST __attribute__((always_inline)) static inline

static bool supported(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_AES) || !(c & bit_SSE4_1) ||
	    !(c & bit_SSSE3))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

/* --- AES-XTS -------------------------------------------------------------------------------- */

/* The tweak of the next block: times x in GF(2^128). */
INLINE __m128i next_tweak(__m128i t)
{
	__m128i carry = _mm_shuffle_epi32(_mm_srai_epi32(t, 31), 0x93);

	carry = _mm_and_si128(carry, _mm_set_epi32(1, 1, 1, 0x87));
	return _mm_xor_si128(_mm_slli_epi32(t, 1), carry);
}

#define TWEAK(i)                \
	const __m128i t##i = t; \
	t = next_tweak(t);
#define BEGIN(i) __m128i b##i = _mm_xor_si128(t##i, k);
#define END(i)                                       \
	_mm_storeu_si128((__m128i *)(data + 16 * i), \
			 _mm_xor_si128(_mm_aesenclast_si128(b##i, k), t##i));

/* XTS of zeros: the tweak, encrypted, and the tweak again. 8 blocks are on their way at a time. */
FAST static void encrypt_sector(const struct seal_fast *f, const unsigned char *iv,
				unsigned char *data)
{
	__m128i t = seal_aes_block(f->tweak, f->rounds, _mm_loadu_si128((const __m128i *)iv)), k;
	const unsigned char *end = data + f->sector_size;

	for (; data < end; data += 8 * 16) {
		EIGHT(TWEAK)
		k = seal_aes_key(f->data, 0);
		EIGHT(BEGIN)
		SEAL_AES_ROUNDS(f->data, f->rounds)
		EIGHT(END)
	}
}

/* --- SHA-256 -------------------------------------------------------------------------------- */

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};
static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

struct lane {
	__m128i abef, cdgh;
};

/* The instructions want the eight words in another order. */
INLINE struct lane lane_from(const uint32_t state[static 8])
{
	__m128i low = _mm_loadu_si128((const __m128i *)state);	      /* DCBA */
	__m128i high = _mm_loadu_si128((const __m128i *)(state + 4)); /* HGFE */

	low = _mm_shuffle_epi32(low, 0xb1);   /* CDAB */
	high = _mm_shuffle_epi32(high, 0x1b); /* EFGH */
	return (struct lane){ .abef = _mm_alignr_epi8(low, high, 8),
			      .cdgh = _mm_blend_epi16(high, low, 0xf0) };
}

INLINE void lane_to(struct lane lane, uint32_t state[static 8])
{
	__m128i feba = _mm_shuffle_epi32(lane.abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(lane.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

INLINE __m128i load_words(const unsigned char *p)
{
	return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p),
				_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
}

/* Four rounds with the words in cur. */
#define ROUNDS(x, cur, i)                                                                          \
	do {                                                                                       \
		__m128i w = _mm_add_epi32(cur,                                                     \
					  _mm_load_si128((const __m128i *)(constants + 4 * (i)))); \
		x.cdgh = _mm_sha256rnds2_epu32(x.cdgh, x.abef, w);                                 \
		x.abef = _mm_sha256rnds2_epu32(x.abef, x.cdgh, _mm_shuffle_epi32(w, 0x0e));        \
	} while (0)
/* The words that follow: next, from all four. */
#define EXTEND(prev, cur, next) \
	next = _mm_sha256msg2_epu32(_mm_add_epi32(next, _mm_alignr_epi8(cur, prev, 4)), cur)
#define MIX(prev, cur) prev = _mm_sha256msg1_epu32(prev, cur)

/* Both lanes side by side: one waits for the result that the other one has. */
#define FIRST(i, cur)         \
	ROUNDS(a, a##cur, i); \
	ROUNDS(b, b##cur, i)
#define SECOND(i, prev, cur)  \
	FIRST(i, cur);        \
	MIX(a##prev, a##cur); \
	MIX(b##prev, b##cur)
#define THIRD(i, prev, cur, next)         \
	FIRST(i, cur);                    \
	EXTEND(a##prev, a##cur, a##next); \
	EXTEND(b##prev, b##cur, b##next)
#define FOURTH(i, prev, cur, next) \
	THIRD(i, prev, cur, next); \
	MIX(a##prev, a##cur);      \
	MIX(b##prev, b##cur)

#define LOAD(x, p)                                                                          \
	__m128i x##0 = load_words(p), x##1 = load_words(p + 16), x##2 = load_words(p + 32), \
		x##3 = load_words(p + 48)

INLINE void compress(struct lane *one, struct lane *two, const unsigned char *p,
		     const unsigned char *q)
{
	struct lane a = *one, b = *two;

	LOAD(a, p);
	LOAD(b, q);
	FIRST(0, 0);
	SECOND(1, 0, 1);
	SECOND(2, 1, 2);
	FOURTH(3, 2, 3, 0);
	FOURTH(4, 3, 0, 1);
	FOURTH(5, 0, 1, 2);
	FOURTH(6, 1, 2, 3);
	FOURTH(7, 2, 3, 0);
	FOURTH(8, 3, 0, 1);
	FOURTH(9, 0, 1, 2);
	FOURTH(10, 1, 2, 3);
	FOURTH(11, 2, 3, 0);
	FOURTH(12, 3, 0, 1);
	THIRD(13, 0, 1, 2);
	THIRD(14, 1, 2, 3);
	FIRST(15, 3);
	one->abef = _mm_add_epi32(a.abef, one->abef);
	one->cdgh = _mm_add_epi32(a.cdgh, one->cdgh);
	two->abef = _mm_add_epi32(b.abef, two->abef);
	two->cdgh = _mm_add_epi32(b.cdgh, two->cdgh);
}

/* --- HMAC ----------------------------------------------------------------------------------- */

/* The end of a hash: one bit, and how many bytes were hashed, in bits. */
static void pad(unsigned char block[static 64], size_t used, uint64_t bytes)
{
	memset(block + used, 0, 64 - used);
	block[used] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		block[63 - i] = (unsigned char)(bytes * 8 >> 8 * i);
}

static void store_words(const uint32_t state[static 8], unsigned char *to)
{
	for (unsigned i = 0; i < 8; i++) {
		uint32_t word = __builtin_bswap32(state[i]);

		memcpy(to + 4 * i, &word, 4);
	}
}

#define AAD 24

/* The sector and the IV are 24 bytes, the data a multiple of 64: they stand in the first block, and
 * as many bytes of data remain for the last one. */
FAST static void mac_pair(const struct seal_fast *f, const struct seal_pair *pair)
{
	struct lane a = lane_from(f->inner), b = a;
	unsigned char p[64], q[64];
	uint32_t state[8];
	size_t at = 64 - AAD;

	memcpy(p, pair->aad[0], AAD);
	memcpy(q, pair->aad[1], AAD);
	memcpy(p + AAD, pair->data[0], 64 - AAD);
	memcpy(q + AAD, pair->data[1], 64 - AAD);
	compress(&a, &b, p, q);
	for (; at + 64 <= f->sector_size; at += 64)
		compress(&a, &b, pair->data[0] + at, pair->data[1] + at);
	memcpy(p, pair->data[0] + at, AAD);
	memcpy(q, pair->data[1] + at, AAD);
	pad(p, AAD, 64 + AAD + f->sector_size);
	pad(q, AAD, 64 + AAD + f->sector_size);
	compress(&a, &b, p, q);

	lane_to(a, state);
	store_words(state, p);
	lane_to(b, state);
	store_words(state, q);
	pad(p, 32, 64 + 32);
	pad(q, 32, 64 + 32);
	a = b = lane_from(f->outer);
	compress(&a, &b, p, q);
	lane_to(a, state);
	store_words(state, pair->mac[0]);
	lane_to(b, state);
	store_words(state, pair->mac[1]);
}

FAST static void hash_key(uint32_t ret[static 8], const unsigned char *key, unsigned char with)
{
	struct lane a = lane_from(initial), b = a;
	unsigned char block[64];

	memset(block, with, sizeof(block));
	for (unsigned i = 0; i < 32; i++)
		block[i] ^= key[i];
	compress(&a, &b, block, block);
	lane_to(a, ret);
	explicit_bzero(block, sizeof(block));
}

FAST static void hash_both(const unsigned char *a, const unsigned char *b, size_t len,
			   unsigned char *ret_a, unsigned char *ret_b)
{
	struct lane one = lane_from(initial), two = one;
	unsigned char end[64];
	uint32_t state[8];

	for (size_t at = 0; at < len; at += 64)
		compress(&one, &two, a + at, b + at);
	pad(end, 0, len);
	compress(&one, &two, end, end);
	lane_to(one, state);
	store_words(state, ret_a);
	lane_to(two, state);
	store_words(state, ret_b);
}

bool seal_fast_hashes(const unsigned char *a, const unsigned char *b, size_t len,
		      unsigned char ret_a[static 32], unsigned char ret_b[static 32])
{
	if (!supported())
		return false;
	hash_both(a, b, len, ret_a, ret_b);
	return true;
}

bool seal_fast_init(struct seal_fast *fast, const unsigned char *key, size_t key_size,
		    const unsigned char *mac_key, unsigned sector_size)
{
	if (!supported() || (key_size != 32 && key_size != 64) || sector_size % 128 != 0)
		return false;
	fast->rounds = key_size == 64 ? 14 : 10;
	fast->sector_size = sector_size;
	seal_aes_expand(fast->data, key, fast->rounds);
	seal_aes_expand(fast->tweak, key + key_size / 2, fast->rounds);
	fast->mac = mac_key;
	if (mac_key) {
		hash_key(fast->inner, mac_key, 0x36);
		hash_key(fast->outer, mac_key, 0x5c);
	}
	return true;
}

void seal_fast_pair(const struct seal_fast *fast, const struct seal_pair *pair)
{
	for (unsigned i = 0; i < 2; i++)
		encrypt_sector(fast, pair->aad[i] + 8, pair->data[i]);
	if (fast->mac)
		mac_pair(fast, pair);
}

#else

bool seal_fast_init(struct seal_fast *fast, const unsigned char *key, size_t key_size,
		    const unsigned char *mac_key, unsigned sector_size)
{
	(void)fast, (void)key, (void)key_size, (void)mac_key, (void)sector_size;
	return false;
}

void seal_fast_pair(const struct seal_fast *fast, const struct seal_pair *pair)
{
	(void)fast, (void)pair;
}

bool seal_fast_hashes(const unsigned char *a, const unsigned char *b, size_t len,
		      unsigned char ret_a[static 32], unsigned char ret_b[static 32])
{
	(void)a, (void)b, (void)len, (void)ret_a, (void)ret_b;
	return false;
}

#endif
