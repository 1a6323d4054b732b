/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/seal_gcm.h"

#if defined(__x86_64__)

#include "system/seal_aes.h"

#include <cpuid.h>
#include <stdint.h>

#define FAST __attribute__((target("aes,pclmul,sse4.1,ssse3")))
#define INLINE FAST __attribute__((always_inline)) static inline

static bool supported(void)
{
	unsigned a, b, c, d;
	const unsigned all = bit_AES | bit_PCLMUL | bit_SSE4_1 | bit_SSSE3;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & all) == all;
}

/* --- the hash -----------------------------------------------------------------------------------
 *
 * GHASH is computed as POLYVAL, which has the bits of its numbers in the order of this processor
 * (RFC 8452, appendix A): blocks with their bytes turned round, the key times x, and each product
 * times x^-128. The polynomial is x^128 + x^127 + x^126 + x^121 + 1.
 */

INLINE __m128i polynomial(void)
{
	return _mm_set_epi64x((long long)0xc200000000000000ULL, 1);
}

INLINE __m128i turn(__m128i block)
{
	return _mm_shuffle_epi8(block, _mm_set_epi64x(0x0001020304050607LL, 0x08090a0b0c0d0e0fLL));
}

/* Products of up to eight blocks, not yet reduced: 256 bits, of which mid has those in between. */
struct product {
	__m128i low, mid, high;
};

INLINE void multiply(struct product *p, __m128i a, __m128i b)
{
	p->low = _mm_xor_si128(p->low, _mm_clmulepi64_si128(a, b, 0x00));
	p->high = _mm_xor_si128(p->high, _mm_clmulepi64_si128(a, b, 0x11));
	p->mid = _mm_xor_si128(p->mid, _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
						     _mm_clmulepi64_si128(a, b, 0x10)));
}

/* Adds a multiple of the polynomial that makes the lower half zero, 64 bits at a time. */
INLINE __m128i reduce(const struct product *p)
{
	__m128i low = _mm_xor_si128(p->low, _mm_slli_si128(p->mid, 8));
	__m128i high = _mm_xor_si128(p->high, _mm_srli_si128(p->mid, 8));

	for (unsigned i = 0; i < 2; i++)
		low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e),
				    _mm_clmulepi64_si128(low, polynomial(), 0x10));
	return _mm_xor_si128(high, low);
}

INLINE struct product nothing(void)
{
	const __m128i zero = _mm_setzero_si128();

	return (struct product){ zero, zero, zero };
}

INLINE __m128i times(__m128i a, __m128i b)
{
	struct product p = nothing();

	multiply(&p, a, b);
	return reduce(&p);
}

/* a times x. */
INLINE __m128i times_x(__m128i a)
{
	__m128i carry = _mm_srli_epi64(a, 63);
	__m128i out = _mm_shuffle_epi32(_mm_srai_epi32(a, 31), 0xff);

	a = _mm_or_si128(_mm_slli_epi64(a, 1), _mm_slli_si128(carry, 8));
	return _mm_xor_si128(a, _mm_and_si128(out, polynomial()));
}

INLINE __m128i power(const struct seal_gcm *g, unsigned n)
{
	return _mm_loadu_si128((const __m128i *)g->powers[8 - n]);
}

/* --- a sector --------------------------------------------------------------------------------- */

INLINE __m128i counter(__m128i iv, uint32_t n)
{
	return _mm_insert_epi32(iv, (int)__builtin_bswap32(n), 3);
}

#define BEGIN(i) __m128i b##i = _mm_xor_si128(counter(iv, n + i), k);
#define END(i)                                \
	b##i = _mm_aesenclast_si128(b##i, k); \
	_mm_storeu_si128((__m128i *)(data + 16 * i), b##i);
#define HASH(i) multiply(&p, i ? turn(b##i) : _mm_xor_si128(sum, turn(b##i)), power(g, 8 - i));

/* Zeros become the encrypted counter itself. Returns the hash. */
INLINE __m128i encrypt(const struct seal_gcm *g, __m128i iv, __m128i sum, unsigned char *data)
{
	const unsigned char *end = data + g->sector_size;

	for (uint32_t n = 2; data < end; data += 8 * 16, n += 8) {
		__m128i k = seal_aes_key(g->keys, 0);
		struct product p = nothing();

		EIGHT(BEGIN)
		SEAL_AES_ROUNDS(g->keys, g->rounds)
		EIGHT(END)
		EIGHT(HASH)
		sum = reduce(&p);
	}
	return sum;
}

FAST static void seal_sector(const struct seal_gcm *g, const unsigned char *aad,
			     unsigned char *data, unsigned char *mac)
{
	unsigned char text[32] = { 0 }, block[16] = { 0 };
	struct product p = nothing();
	__m128i iv, sum, length;

	memcpy(text, aad, SEAL_GCM_AAD);
	memcpy(block, aad + SEAL_GCM_AAD - SEAL_GCM_IV, SEAL_GCM_IV);
	iv = _mm_loadu_si128((const __m128i *)block);
	multiply(&p, turn(_mm_loadu_si128((const __m128i *)text)), power(g, 2));
	multiply(&p, turn(_mm_loadu_si128((const __m128i *)(text + 16))), power(g, 1));
	sum = encrypt(g, iv, reduce(&p), data);
	/* How many bits were authenticated only, and how many encrypted. */
	length = _mm_set_epi64x(SEAL_GCM_AAD * 8, (long long)g->sector_size * 8);
	sum = turn(times(_mm_xor_si128(sum, length), power(g, 1)));
	sum = _mm_xor_si128(sum, seal_aes_block(g->keys, g->rounds, counter(iv, 1)));
	_mm_storeu_si128((__m128i *)mac, sum);
}

FAST static void expand(struct seal_gcm *g, const unsigned char *key)
{
	__m128i one, power;

	seal_aes_expand(g->keys, key, g->rounds);
	one = power = times_x(turn(seal_aes_block(g->keys, g->rounds, _mm_setzero_si128())));
	for (unsigned i = 8; i-- > 0; power = times(power, one))
		_mm_storeu_si128((__m128i *)g->powers[i], power);
}

bool seal_gcm_init(struct seal_gcm *gcm, const unsigned char *key, size_t key_size,
		   unsigned sector_size)
{
	if (!supported() || (key_size != 16 && key_size != 32) || sector_size % 128 != 0)
		return false;
	gcm->rounds = key_size == 32 ? 14 : 10;
	gcm->sector_size = sector_size;
	expand(gcm, key);
	return true;
}

void seal_gcm_sector(const struct seal_gcm *gcm, const unsigned char aad[static SEAL_GCM_AAD],
		     unsigned char *data, unsigned char mac[static SEAL_GCM_MAC])
{
	seal_sector(gcm, aad, data, mac);
}

#else

bool seal_gcm_init(struct seal_gcm *gcm, const unsigned char *key, size_t key_size,
		   unsigned sector_size)
{
	(void)gcm, (void)key, (void)key_size, (void)sector_size;
	return false;
}

void seal_gcm_sector(const struct seal_gcm *gcm, const unsigned char aad[static SEAL_GCM_AAD],
		     unsigned char *data, unsigned char mac[static SEAL_GCM_MAC])
{
	(void)gcm, (void)aad, (void)data, (void)mac;
}

#endif
