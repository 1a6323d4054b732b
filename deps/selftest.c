// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * deps/libs.mk runs this before the libraries are installed. It checks that this folder's Argon2,
 * PBKDF2 and merging of stripes give the results of the standards, in every build of the code that
 * this processor can run. A wrong result would show as a passphrase that is not accepted, and only
 * on some machines.
 */
#include "af.h"
#include "argon2_prepare.h"
#include "sha256.h"

#include "argon2.h"
#include "core.h"
#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int failures;

static void check(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "selftest: %s: wrong result\n", what);
		failures++;
	}
}

static void check_bytes(const uint8_t *bytes, size_t count, const char *hex, const char *what)
{
	char text[2 * 64 + 1];

	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	check(!strcmp(text, hex), what);
}

/* The same numbers in every build (xorshift64). */
static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static uint32_t any(uint32_t least, uint32_t most)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return least + (uint32_t)(random_state >> 32) % (most - least + 1);
}

static void any_bytes(uint8_t *bytes, size_t count)
{
	while (count--)
		*bytes++ = (uint8_t)any(0, 255);
}

/* RFC 6070, RFC 7914 section 11; the others were computed with OpenSSL, some with a key longer than
 * a block. */
static void test_pbkdf2(void)
{
	static const struct {
		mbedtls_md_type_t hash;
		const char *password, *salt;
		unsigned int iterations;
		const char *key;
	} cases[] = {
		{ MBEDTLS_MD_SHA1, "password", "salt", 4096,
		  "4b007901b765489abead49d926f721d065a429c1" },
		{ MBEDTLS_MD_SHA256, "passwd", "salt", 1,
		  "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
		  "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783" },
		{ MBEDTLS_MD_SHA256, "Password", "NaCl", 80000,
		  "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
		  "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d" },
		{ MBEDTLS_MD_SHA224, "password", "salt", 1000,
		  "d3bcf320fd918908eafcaa460faf40e201f6508d4e6f3d9c1c0abd30dae08cc8"
		  "b1bc0657e2ebc229" },
		{ MBEDTLS_MD_SHA384, "password", "salt", 3,
		  "1bfb451b6087e5d24eeffb57d7284448da95b581d35a1887d9a6e756af559b1f"
		  "b4798a4529502f87cdf71f435d66d25e" },
		{ MBEDTLS_MD_SHA512,
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxx",
		  "salt", 1000,
		  "def3e2b589c4e398c92a4a880137612292e18e24ca7b2b90ee63593ce9ce27af"
		  "fee3fcf2ff69e52e5b7576141cb79b50dfb087ccd6e10a91f9dc6c8c45e9ba88" },
		{ MBEDTLS_MD_RIPEMD160,
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "x",
		  "salt", 1000,
		  "c3b985ad3a7f242653e63b845236016c150948ac529ae646b9751d3d4269f9f7" },
		{ MBEDTLS_MD_SHA256,
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		  "ssssssssssssssssssssssssssssssssssss",
		  2,
		  "4f819e786a6de81ae2083c824ed76cbbb453ac5b10c90493b767694f4924fca0"
		  "1d" },
	};
	uint8_t key[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = strlen(cases[i].key) / 2;

		if (mbedtls_pkcs5_pbkdf2_hmac_ext(
			    cases[i].hash, (const uint8_t *)cases[i].password,
			    strlen(cases[i].password), (const uint8_t *)cases[i].salt,
			    strlen(cases[i].salt), cases[i].iterations, size, key))
			check(0, "PBKDF2 returned an error");
		else
			check_bytes(key, size, cases[i].key, "PBKDF2");
	}
}

/* PBKDF2 as in RFC 8018, written only with an HMAC. */
static void simple_pbkdf2(const mbedtls_md_info_t *info, const uint8_t *password,
			  size_t password_size, const uint8_t *salt, size_t salt_size,
			  uint32_t iterations, uint8_t *key, size_t key_size)
{
	size_t digest_size = mbedtls_md_get_size(info);
	uint8_t message[80], u[64], sum[64];

	for (uint8_t n = 1; key_size; n++) {
		size_t size = key_size < digest_size ? key_size : digest_size;

		memcpy(message, salt, salt_size);
		memcpy(message + salt_size, (const uint8_t[]){ 0, 0, 0, n }, 4);
		mbedtls_md_hmac(info, password, password_size, message, salt_size + 4, u);
		memcpy(sum, u, digest_size);
		for (uint32_t i = 1; i < iterations; i++) {
			mbedtls_md_hmac(info, password, password_size, u, digest_size, u);
			for (size_t j = 0; j < digest_size; j++)
				sum[j] ^= u[j];
		}
		memcpy(key, sum, size);
		key += size;
		key_size -= size;
	}
}

#ifdef __x86_64__
static void words(uint32_t *to, const uint8_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = (uint32_t)from[4 * i] << 24 | from[4 * i + 1] << 16 | from[4 * i + 2] << 8 |
			from[4 * i + 3];
}

/* One block of key from the first digest on, by the loop with the SHA instructions (where there are
 * any) and by the other. */
static void test_sha256_loops(const uint8_t *password, size_t password_size, const uint8_t *first,
			      uint32_t iterations, const uint8_t *expected)
{
	uint32_t inner[8], outer[8], block[16], u[8], sum[8], wanted[8];
	uint8_t pad[64];

	words(wanted, expected, 8);
	for (int plain = 0; plain < 2; plain++) {
		for (size_t i = 0; i < 64; i++)
			pad[i] = (i < password_size ? password[i] : 0) ^ 0x36;
		words(block, pad, 16);
		fast_sha256_start(inner);
		fast_sha256_block(inner, block);
		for (size_t i = 0; i < 64; i++)
			pad[i] ^= 0x36 ^ 0x5c;
		words(block, pad, 16);
		fast_sha256_start(outer);
		fast_sha256_block(outer, block);
		words(u, first, 8);
		words(sum, first, 8);
		(plain ? fast_sha256_iterate_plain : fast_sha256_iterate)(inner, outer, u, sum,
									  iterations - 1);
		check(!memcmp(sum, wanted, sizeof(sum)),
		      plain ? "SHA-256 in plain C" : "SHA instructions");
	}
}
#endif

static void test_pbkdf2_random(void)
{
	static const mbedtls_md_type_t hashes[] = { MBEDTLS_MD_SHA1,   MBEDTLS_MD_SHA224,
						    MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384,
						    MBEDTLS_MD_SHA512, MBEDTLS_MD_RIPEMD160 };
	uint8_t password[200], salt[64], expected[150], key[150];

	for (int round = 0; round < 300; round++) {
		mbedtls_md_type_t hash = hashes[round % 6];
		size_t password_size = any(0, sizeof(password)), salt_size = any(0, sizeof(salt)),
		       size = any(1, sizeof(key));
		uint32_t iterations = any(1, 40);

		any_bytes(password, sizeof(password));
		any_bytes(salt, sizeof(salt));
		simple_pbkdf2(mbedtls_md_info_from_type(hash), password, password_size, salt,
			      salt_size, iterations, expected, size);
		check(!mbedtls_pkcs5_pbkdf2_hmac_ext(hash, password, password_size, salt, salt_size,
						     iterations, size, key) &&
			      !memcmp(key, expected, size),
		      "PBKDF2 with random parameters");
#ifdef __x86_64__
		if (hash == MBEDTLS_MD_SHA256 && password_size <= 64 && size >= 32) {
			simple_pbkdf2(mbedtls_md_info_from_type(hash), password, password_size,
				      salt, salt_size, 1, key, 32);
			test_sha256_loops(password, password_size, key, iterations, expected);
		}
#endif
	}
}

/* --- what a derivation has on its stack while it runs --- */

static const uint8_t lasting[] = "the passphrase that may not stay";
static uint8_t derivation_stack[1 << 18] __attribute__((aligned(4096)));
static volatile int derivation_done;

static void *derive(void *type)
{
	uint8_t key[32];

	/* At least some tenths of a second. */
	check(!mbedtls_pkcs5_pbkdf2_hmac_ext(*(mbedtls_md_type_t *)type, lasting, sizeof(lasting),
					     lasting, 8, 1 << 21, sizeof(key), key),
	      "PBKDF2 in a thread");
	derivation_done = 1;
	return NULL;
}

/* Whether the passphrase is on the stack: as bytes, or as words in the order of the machine. */
static int on_stack(uint8_t pad)
{
	const volatile uint8_t *stack = derivation_stack;

	for (size_t i = 0; i + sizeof(lasting) <= sizeof(derivation_stack); i++) {
		size_t bytes = 0, words = 0;

		while (bytes < 28 && stack[i + bytes] == (lasting[bytes] ^ pad))
			bytes++;
		while (words < 28 && stack[i + (words ^ 3)] == (lasting[words] ^ pad))
			words++;
		if (bytes == 28 || words == 28)
			return 1;
	}
	return 0;
}

/* A process that tries a keyslot is killed when another keyslot opens, in the middle of its loop:
 * nobody wipes its memory then. So the last look before the end of the loop counts. */
static void test_nothing_stays(mbedtls_md_type_t type)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int seen = 1, looks = 0;

	derivation_done = 0;
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, derivation_stack, sizeof(derivation_stack));
	if (pthread_create(&thread, &attributes, derive, &type)) {
		check(0, "a thread for PBKDF2");
		return;
	}
	for (;;) {
		int found = on_stack(0) || on_stack(0x36) || on_stack(0x5c);

		if (derivation_done)
			break;
		seen = found;
		looks++;
	}
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	check(looks > 2 && !seen, "PBKDF2: no copy of the passphrase while it runs");
}

#ifdef __x86_64__
static int merges_left_to_others;

int AF_merge_any(const char *src, char *dst, size_t size, unsigned int stripes, const char *hash)
{
	(void)src, (void)dst, (void)size, (void)stripes, (void)hash;
	merges_left_to_others++;
	return 0;
}

/* As in LUKS's On-Disk Format Specification, section 2.4, written only with a hash. */
static void simple_merge(const uint8_t *src, uint8_t *dst, size_t size, unsigned int stripes)
{
	uint8_t block[256] = { 0 }, message[4 + 32] = { 0 };

	for (; stripes > 1; stripes--, src += size) {
		for (size_t i = 0; i < size; i++)
			block[i] ^= src[i];
		for (size_t i = 0; i < size / 32; i++) {
			message[3] = (uint8_t)i;
			memcpy(message + 4, block + 32 * i, 32);
			mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), message,
				   sizeof(message), block + 32 * i);
		}
	}
	for (size_t i = 0; i < size; i++)
		dst[i] = block[i] ^ src[i];
}

static void test_merge(void)
{
	static uint8_t stripes[1 + 9 * 256];
	uint8_t expected[256], key[256];
	uint32_t digests[2][8][8];

	for (int round = 0; round < 200; round++) {
		size_t size = 32 * any(1, 8);
		unsigned int count = any(1, 9);
		const uint8_t *src = stripes + round % 2; /* at odd addresses, too */

		any_bytes(stripes, sizeof(stripes));
		simple_merge(src, expected, size, count);
		check(!AF_merge((const char *)src, (char *)key, size, count, "sha256") &&
			      !memcmp(key, expected, size),
		      "merging stripes");
		any_bytes((uint8_t *)digests[0], sizeof(digests[0]));
		memcpy(digests[1], digests[0], sizeof(digests[1]));
		fast_sha256_diffuse(digests[0], size / 32);
		fast_sha256_diffuse_plain(digests[1], size / 32);
		check(!memcmp(digests[0], digests[1], sizeof(digests[0])),
		      "diffusion with SHA instructions");
	}
	check(!merges_left_to_others, "merging stripes");
	AF_merge((const char *)stripes, (char *)key, 64, 2, "sha512");
	AF_merge((const char *)stripes, (char *)key, 40, 2, "sha256");
	AF_merge((const char *)stripes, (char *)key, 288, 2, "sha256");
	AF_merge((const char *)stripes, (char *)key, 64, 0, "sha256");
	check(merges_left_to_others == 4, "merging stripes with another hash or of another size");
}
#endif

typedef void fill_segment_fn(const argon2_instance_t *instance, argon2_position_t position);

fill_segment_fn fill_segment_plain, fill_segment_ssse3, fill_segment_avx2, fill_segment_avx512;

/* The builds of the loop that this processor can run. The first is the reference code, compiled as
 * it is. */
static struct loop {
	fill_segment_fn *fill;
	const char *name;
} loops[4];
static int loop_count;

static void find_loops(void)
{
	loops[loop_count++] = (struct loop){ fill_segment_plain, "Argon2 in plain C" };
#ifdef __x86_64__
	if (__builtin_cpu_supports("ssse3"))
		loops[loop_count++] = (struct loop){ fill_segment_ssse3, "Argon2 with SSSE3" };
	if (__builtin_cpu_supports("avx2"))
		loops[loop_count++] = (struct loop){ fill_segment_avx2, "Argon2 with AVX2" };
	if (__builtin_cpu_supports("avx512f"))
		loops[loop_count++] = (struct loop){ fill_segment_avx512, "Argon2 with AVX-512" };
#endif
}

/* argon2_ctx(), without threads and with a loop of our choice. */
static void run_loop(fill_segment_fn *fill, argon2_context *context, argon2_type type)
{
	uint32_t segment = context->m_cost / (context->lanes * ARGON2_SYNC_POINTS);
	argon2_instance_t instance = {
		.version = context->version,
		.passes = context->t_cost,
		.memory_blocks = segment * context->lanes * ARGON2_SYNC_POINTS,
		.segment_length = segment,
		.lane_length = segment * ARGON2_SYNC_POINTS,
		.lanes = context->lanes,
		.threads = 1,
		.type = type,
	};

	check(!initialize(&instance, context), "Argon2's start");
	for (uint32_t pass = 0; pass < instance.passes; pass++)
		for (uint8_t slice = 0; slice < ARGON2_SYNC_POINTS; slice++)
			for (uint32_t lane = 0; lane < instance.lanes; lane++)
				fill(&instance, (argon2_position_t){ .pass = pass,
								     .lane = lane,
								     .slice = slice });
	finalize(context, &instance);
}

/* RFC 9106, section 5. */
static void test_argon2(void)
{
	static const struct {
		argon2_type type;
		const char *tag;
	} cases[] = {
		{ Argon2_d, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb" },
		{ Argon2_i, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8" },
		{ Argon2_id, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659" },
	};
	uint8_t password[32], salt[16], secret[8], data[12], tag[32];
	argon2_context context = {
		.out = tag,
		.outlen = sizeof(tag),
		.pwd = memset(password, 1, sizeof(password)),
		.pwdlen = sizeof(password),
		.salt = memset(salt, 2, sizeof(salt)),
		.saltlen = sizeof(salt),
		.secret = memset(secret, 3, sizeof(secret)),
		.secretlen = sizeof(secret),
		.ad = memset(data, 4, sizeof(data)),
		.adlen = sizeof(data),
		.t_cost = 3,
		.m_cost = 32,
		.lanes = 4,
		.threads = 4,
		.version = ARGON2_VERSION_13,
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check(!argon2_ctx(&context, cases[i].type), "Argon2");
		check_bytes(tag, sizeof(tag), cases[i].tag, "Argon2");
		for (int j = 0; j < loop_count; j++) {
			run_loop(loops[j].fill, &context, cases[i].type);
			check_bytes(tag, sizeof(tag), cases[i].tag, loops[j].name);
		}
	}
}

/* All builds, and the complete Argon2 with its threads, against the reference: with any sizes, also
 * odd ones. */
static void test_argon2_random(void)
{
	uint8_t password[100], salt[40], secret[20], tags[6][150];

	for (int round = 0; round < 90; round++) {
		uint32_t lanes = any(1, 6);
		argon2_context context = {
			.outlen = any(4, sizeof(tags[0])),
			.pwd = password,
			.pwdlen = any(0, sizeof(password)),
			.salt = salt,
			.saltlen = any(8, sizeof(salt)),
			.secret = secret,
			.secretlen = any(0, sizeof(secret)),
			.t_cost = any(1, 4),
			.m_cost = any(8 * lanes, 8 * lanes + 700),
			.lanes = lanes,
			.threads = any(1, lanes + 1),
			.version = any(0, 3) ? ARGON2_VERSION_13 : ARGON2_VERSION_10,
		};
		argon2_type type = (argon2_type)(round % 3);

		any_bytes(password, sizeof(password));
		any_bytes(salt, sizeof(salt));
		any_bytes(secret, sizeof(secret));
		for (int i = 0; i < loop_count; i++) {
			context.out = tags[i];
			run_loop(loops[i].fill, &context, type);
			check(!memcmp(tags[i], tags[0], context.outlen), loops[i].name);
		}
		context.out = tags[5];
		check(!argon2_ctx(&context, type) && !memcmp(tags[5], tags[0], context.outlen),
		      "Argon2 with random parameters");
	}
}

/* With memory that was prepared, too little of it, or none. */
static void test_prepare(void)
{
	static const size_t prepare[] = { 0, 8192, 4096, 8191 };
	uint8_t tags[4][32];

	for (int i = 0; i < 4; i++) {
		argon2_prepare(prepare[i]);
		check(!argon2_hash(1, 8192, 3, "password", 8, "somesalt", 8, tags[i], 32, NULL, 0,
				   Argon2_id, ARGON2_VERSION_13),
		      "Argon2 with prepared memory");
		check(!memcmp(tags[0], tags[i], 32), "Argon2 with prepared memory");
	}
}

/* If a header asks for memory that no machine has, this is an error, and memory that was prepared
 * does not disturb the next computation. */
static void test_refused(void)
{
	struct rlimit before, low;
	uint8_t tag[32];

	getrlimit(RLIMIT_AS, &before);
	low = before;
	low.rlim_cur = 256 << 20;
	setrlimit(RLIMIT_AS, &low);
	for (int prepare = 0; prepare < 2; prepare++) {
		static const uint32_t costs[] = { 1 << 20, INT32_MAX, UINT32_MAX };

		for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
			if (prepare)
				argon2_prepare(costs[i]);
			check(argon2_hash(1, costs[i], 4, "password", 8, "somesalt", 8, tag, 32,
					  NULL, 0, Argon2_id,
					  ARGON2_VERSION_13) == ARGON2_MEMORY_ALLOCATION_ERROR,
			      "Argon2 without memory");
		}
	}
	setrlimit(RLIMIT_AS, &before);
}

int main(void)
{
	find_loops();
	test_pbkdf2();
	test_pbkdf2_random();
	test_nothing_stays(MBEDTLS_MD_SHA256);
	test_nothing_stays(MBEDTLS_MD_SHA512);
#ifdef __x86_64__
	test_merge();
#endif
	test_argon2();
	test_argon2_random();
	test_prepare();
	test_refused();
	/* Once more on a kernel without large pages. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	test_prepare();
	return failures != 0;
}
