// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run by deps/libs.mk before the libraries are installed: what this folder does to Argon2 and PBKDF2 gives the results
 * of the standards, in every build of the code that this processor can run. A wrong one would be noticed as a
 * passphrase that is not accepted, on some machines only.
 */
#include "argon2_prepare.h"
#include "pbkdf2.h"

#include "argon2.h"
#include "core.h"
#include <mbedtls/pkcs5.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* RFC 6070, RFC 7914 section 11; the others were computed with OpenSSL, some with a key longer than a block. */
static void test_pbkdf2(void)
{
	static const struct {
		mbedtls_md_type_t hash;
		const char *password, *salt;
		unsigned int iterations;
		const char *key;
	} cases[] = {
		{MBEDTLS_MD_SHA1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"},
		{MBEDTLS_MD_SHA256, "passwd", "salt", 1,
		 "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
		 "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
		{MBEDTLS_MD_SHA256, "Password", "NaCl", 80000,
		 "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
		 "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
		{MBEDTLS_MD_SHA224,
		 "password",
		 "salt", 1000,
		 "d3bcf320fd918908eafcaa460faf40e201f6508d4e6f3d9c1c0abd30dae08cc8"
		 "b1bc0657e2ebc229"},
		{MBEDTLS_MD_SHA384,
		 "password",
		 "salt", 3,
		 "1bfb451b6087e5d24eeffb57d7284448da95b581d35a1887d9a6e756af559b1f"
		 "b4798a4529502f87cdf71f435d66d25e"},
		{MBEDTLS_MD_SHA512,
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxx",
		 "salt", 1000,
		 "def3e2b589c4e398c92a4a880137612292e18e24ca7b2b90ee63593ce9ce27af"
		 "fee3fcf2ff69e52e5b7576141cb79b50dfb087ccd6e10a91f9dc6c8c45e9ba88"},
		{MBEDTLS_MD_RIPEMD160,
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "x",
		 "salt", 1000,
		 "c3b985ad3a7f242653e63b845236016c150948ac529ae646b9751d3d4269f9f7"},
		{MBEDTLS_MD_SHA256,
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		 "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		 "ssssssssssssssssssssssssssssssssssss", 2,
		 "4f819e786a6de81ae2083c824ed76cbbb453ac5b10c90493b767694f4924fca0"
		 "1d"},
	};
	uint8_t key[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = strlen(cases[i].key) / 2;

		if (mbedtls_pkcs5_pbkdf2_hmac_ext(cases[i].hash, (const uint8_t *)cases[i].password,
						  strlen(cases[i].password), (const uint8_t *)cases[i].salt,
						  strlen(cases[i].salt), cases[i].iterations, size, key))
			check(0, "PBKDF2 returned an error");
		else
			check_bytes(key, size, cases[i].key, "PBKDF2");
	}

#ifdef __x86_64__
	uint32_t inner[8], outer[8], u[2][8], sum[2][8];

	for (uint32_t i = 0; i < 8; i++) {
		inner[i] = i * 0x9e3779b9;
		outer[i] = ~inner[i];
		u[0][i] = u[1][i] = sum[0][i] = sum[1][i] = i << 28 | i;
	}
	pbkdf2_sha256_iterate(inner, outer, u[0], sum[0], 100);
	pbkdf2_sha256_iterate_plain(inner, outer, u[1], sum[1], 100);
	check(!memcmp(u[0], u[1], sizeof(u[0])) && !memcmp(sum[0], sum[1], sizeof(sum[0])), "SHA instructions");
#endif
}

/* RFC 9106, section 5. */
static void test_argon2(void)
{
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

	check(!argon2_ctx(&context, Argon2_i), "Argon2i");
	check_bytes(tag, sizeof(tag), "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8", "Argon2i");
	check(!argon2_ctx(&context, Argon2_id), "Argon2id");
	check_bytes(tag, sizeof(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659", "Argon2id");
}

/* With memory that was prepared, too little of it, or none. */
static void test_prepare(void)
{
	static const size_t prepare[] = {0, 8192, 4096, 8191};
	uint8_t tags[4][32];

	for (int i = 0; i < 4; i++) {
		argon2_prepare(prepare[i]);
		check(!argon2_hash(1, 8192, 3, "password", 8, "somesalt", 8, tags[i], 32, NULL, 0, Argon2_id,
				   ARGON2_VERSION_13),
		      "Argon2 with prepared memory");
		check(!memcmp(tags[0], tags[i], 32), "Argon2 with prepared memory");
	}
}

#ifdef __x86_64__
#define BLOCKS (ARGON2_SYNC_POINTS * 8)

typedef void fill_segment_fn(const argon2_instance_t *instance, argon2_position_t position);

fill_segment_fn fill_segment_plain, fill_segment_ssse3, fill_segment_avx2, fill_segment_avx512;

static void run_loop(fill_segment_fn *loop, block *memory)
{
	argon2_instance_t instance = {
		.memory = memory,
		.version = ARGON2_VERSION_13,
		.passes = 2,
		.memory_blocks = BLOCKS,
		.segment_length = BLOCKS / ARGON2_SYNC_POINTS,
		.lane_length = BLOCKS,
		.lanes = 1,
		.threads = 1,
		.type = Argon2_id,
	};

	for (size_t i = 0; i < BLOCKS; i++)
		for (size_t j = 0; j < ARGON2_QWORDS_IN_BLOCK; j++)
			memory[i].v[j] = (i * ARGON2_QWORDS_IN_BLOCK + j) * UINT64_C(0x9e3779b97f4a7c15);
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint8_t slice = 0; slice < ARGON2_SYNC_POINTS; slice++)
			loop(&instance, (argon2_position_t){.pass = pass, .slice = slice});
}

static void test_loops(void)
{
	static block expected[BLOCKS], memory[BLOCKS];

	run_loop(fill_segment_plain, expected);
	if (__builtin_cpu_supports("ssse3")) {
		run_loop(fill_segment_ssse3, memory);
		check(!memcmp(expected, memory, sizeof(memory)), "Argon2 with SSSE3");
	}
	if (__builtin_cpu_supports("avx2")) {
		run_loop(fill_segment_avx2, memory);
		check(!memcmp(expected, memory, sizeof(memory)), "Argon2 with AVX2");
	}
	if (__builtin_cpu_supports("avx512f")) {
		run_loop(fill_segment_avx512, memory);
		check(!memcmp(expected, memory, sizeof(memory)), "Argon2 with AVX-512");
	}
}
#endif

int main(void)
{
	test_pbkdf2();
	test_argon2();
	test_prepare();
#ifdef __x86_64__
	test_loops();
#endif
	return failures != 0;
}
