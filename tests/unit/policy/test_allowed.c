/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a header may ask for: all that cryptsetup makes, and nothing that only an attacker would.
 */
#include "facts/cipher.h"
#include "genuine.h"
#include "policy/allowed.h"
#include "test.h"

#include <stdio.h>

struct row {
	const char *encryption, *integrity;
	unsigned key_size, integrity_key_size;
};

/* The list of cryptsetup's own tests (tests/luks2-integrity-test), and its documentation. */
static const struct row good[] = {
	{ "aes-cbc-essiv:sha256", "hmac(sha256)", 16 + 32, 0 },
	{ "aes-cbc-essiv:sha256", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-cbc-essiv:sha256", "hmac(sha512)", 32 + 64, 0 },
	{ "aes-xts-essiv:sha256", "hmac(sha512)", 64 + 64, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 33, 33 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 64, 64 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 128, 128 },
	{ "aes-xts-plain64", "hmac(sha512)", 64 + 99, 99 },
	{ "aes-xts-plain64", "hmac(sha1)", 64 + 20, 0 },
	{ "aes-xts-random", "hmac(sha1)", 64 + 20, 0 },
	{ "aes-xts-random", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-xts-random", "cmac(aes)", 64 + 16, 0 },
	{ "serpent-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "twofish-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "camellia-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "cast6-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "seed-xts-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "xchacha20,aes-adiantum-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "xchacha12,aes-adiantum-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-hctr2-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-gcm-random", "aead", 16, 0 },
	{ "aes-gcm-random", "aead", 32, 0 },
	{ "aes-ccm-random", "aead", 19, 0 },
	{ "aes-ccm-random", "aead", 35, 0 },
	{ "aegis128-random", "aead", 16, 0 },
	{ "chacha20-plain64", "poly1305", 32, 0 },
	{ "chacha20-random", "poly1305", 32, 0 },
	{ "aes-xts-plain64", "phmac(sha256)", 64 + 72, 72 },
};

static const struct row bad[] = {
	{ "null-ecb", "hmac(sha256)", 64 + 32, 0 },
	{ "null-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "cipher_null-ecb", "hmac(sha256)", 64 + 32, 0 },
	{ "cipher_null-ecb-null", "hmac(sha256)", 0 + 32, 0 },
	{ "cipher_null-ecb-null", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-ecb-null", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-ecb", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-xts-null", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts-zero", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts-", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts", "hmac(sha256)", 64 + 32, 0 },
	{ "aes", "hmac(sha256)", 64 + 32, 0 },
	{ "", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts-plain64 plain", "hmac(sha256)", 64 + 32, 0 },
	{ "aes-xts-plain", "hmac(md5)", 64 + 16, 0 },
	{ "aes-xts-pla", "hmac(sha256)", 64 + 32, 0 },
	{ "aesx-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "AES-xts-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "capi:xts(aes)-plain64", "hmac(sha256)", 64 + 32, 0 },
	{ "aes:64-cbc-lmk", "hmac(sha256)", 32 + 32, 0 },
	{ "arc4-ecb-null", "hmac(sha256)", 16 + 32, 0 },
	{ "des3_ede-cbc-plain64", "hmac(sha256)", 24 + 32, 0 },
	{ "aes-ctr-plain64", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-gcm-plain64", "aead", 32, 0 },
	{ "aes-gcm-random", "hmac(sha256)", 32 + 32, 0 },
	{ "aes-xts-plain64", "aead", 64, 0 },
	{ "aes-xts-plain64", "poly1305", 64, 0 },
	{ "aegis128-random", "poly1305", 16, 0 },
	{ "chacha20-random", "aead", 32, 0 },
	{ "aes-gcm-random", "aead", 32, 16 },
	{ "aes-xts-plain64", "hmac(null)", 64 + 32, 32 },
	{ "aes-xts-plain64", "digest_null", 64 + 32, 32 },
	{ "aes-xts-plain64", "", 64, 0 },
	{ "aes-xts-plain64", "none", 64, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 0, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 1, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 32, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 33, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 63 + 32, 0 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 1, 1 },
	{ "aes-xts-plain64", "hmac(sha256)", 64 + 4096, 4096 },
	{ "aes-xts-plain64", "hmac(sha256)", 96, 0u - 1u },
	{ "aes-xts-plain64", "hmac(sha256)", 0u - 1u, 0 },
	{ "aes-xts-plain64", "phmac(sha256)", 64 + 32, 0 },
};

static const char *show(const struct row *row)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s %s %u %u", row->encryption, row->integrity, row->key_size,
		 row->integrity_key_size);
	return text;
}

TEST(segments)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK_ROW(allowed_segment(good[i].encryption, good[i].integrity, good[i].key_size,
					  good[i].integrity_key_size) &&
				  cipher_tag_size(good[i].encryption, good[i].integrity) > 0,
			  show(&good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(!allowed_segment(bad[i].encryption, bad[i].integrity, bad[i].key_size,
					   bad[i].integrity_key_size),
			  show(&bad[i]));
}

/* Images made without a disk hold the modules of these, so their disks must open. */
TEST(modes_of_blind_images)
{
	const struct cipher_mode *modes;
	size_t n = cipher_modes(&modes);

	for (size_t i = 0; i < n; i++) {
		bool allowed = false;

		for (unsigned size = 0; size < 256; size++)
			allowed |= allowed_segment(modes[i].encryption, modes[i].integrity, size,
						   0);
		CHECK_ROW(allowed, modes[i].encryption);
	}
}

TEST(areas)
{
	static const struct row rows[] = {
		{ "aes-xts-plain64", "yes", 64, 0 },
		{ "aes-xts-plain64", "yes", 32, 0 },
		{ "aes-cbc-essiv:sha256", "yes", 32, 0 },
		{ "aes-cbc-plain", "yes", 16, 0 },
		{ "serpent-xts-plain64", "yes", 64, 0 },
		{ "xchacha20,aes-adiantum-plain64", "yes", 32, 0 },
		{ "null-ecb", "", 64, 0 },
		{ "null-xts-plain64", "", 64, 0 },
		{ "null", "", 64, 0 },
		{ "cipher_null", "", 64, 0 },
		{ "cipher_null-ecb", "", 64, 0 },
		{ "cipher_null-xts-plain64", "", 64, 0 },
		{ "serpent-cbc-plain64", "", 1, 0 },
		{ "serpent-cbc-plain64", "", 0, 0 },
		{ "aes-xts-plain64", "", 16, 0 },
		{ "aes-xts-plain64", "", 1, 0 },
		{ "aes-xts-random", "", 64, 0 },
		{ "aes-hctr2-random", "", 32, 0 },
		{ "aes-ecb", "", 32, 0 },
		{ "aes-ecb-null", "", 32, 0 },
		{ "aes-ctr-plain64", "", 32, 0 },
		{ "aes-gcm-random", "", 32, 0 },
		{ "chacha20-plain64", "", 32, 0 },
		{ "aegis128-random", "", 16, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(allowed_area(rows[i].encryption, rows[i].key_size) ==
				  str_eq(rows[i].integrity, "yes"),
			  show(&rows[i]));
}

static struct keyslot slot;

static void check_slot(const char *expected)
{
	char why[200];

	allowed_keyslot(&slot, 96, why, sizeof(why));
	CHECK_STR(why, expected);
	slot = genuine_slot((struct keyslot){ .memory = 1 << 20, .iterations = 4, .lanes = 4 });
}

static void pbkdf2(uint32_t iterations)
{
	slot = genuine_slot((struct keyslot){ .iterations = iterations });
}

TEST(keyslots)
{
	slot = genuine_slot((struct keyslot){ .memory = 8, .iterations = 1, .lanes = 1 });
	check_slot("");
	check_slot("");
	pbkdf2(1000);
	check_slot("");
	str_copy(slot.area_encryption, sizeof(slot.area_encryption), "null-ecb");
	check_slot("encrypts its key with null-ecb and 64 key bytes, which is not a known cipher");
	str_copy(slot.area_encryption, sizeof(slot.area_encryption), "\033[2J");
	check_slot("encrypts its key with ?[2J and 64 key bytes, which is not a known cipher");
	slot.area_encryption[0] = '\0';
	check_slot("encrypts its key with no cipher and 64 key bytes, which is not a known cipher");
	slot.area_key_size = 1;
	check_slot("encrypts its key with aes-xts-plain64 and 1 key bytes, which is not a known "
		   "cipher");
	slot.af_known = false;
	check_slot("stores its key in an unknown way");
	str_copy(slot.af_hash, sizeof(slot.af_hash), "null");
	check_slot("stores its key with null, which is not a known hash");
	/* cryptsetup makes it; this build of its library does not read it. */
	str_copy(slot.af_hash, sizeof(slot.af_hash), "blake2b-512");
	check_slot("stores its key with blake2b-512, which is not a known hash");
	slot.af_hash[0] = '\0';
	check_slot("stores its key with no hash, which is not a known hash");
	slot.salt = 0;
	check_slot("derives its key with a salt of 0 bytes instead of 32");
	slot.key_size = 1;
	check_slot("holds a key of 1 bytes instead of 96");
	slot.digests = 0;
	check_slot("belongs to 0 volume keys at once");
	slot.digests = 2;
	check_slot("belongs to 2 volume keys at once");
	slot.kdf = KDF_OTHER;
	check_slot("uses an unknown key derivation");
}

TEST(costs)
{
#define YEARS(n)                                                                    \
	"asks for a key derivation of more than 10 minutes (" n " iterations); no " \
	"genuine keyslot does"
	slot = genuine_slot((struct keyslot){ .memory = 4 << 20, .iterations = 30, .lanes = 4 });
	check_slot("");
	/* --iter-time 60000, where cryptsetup benchmark counts 10 iterations in 2 s. */
	slot = genuine_slot((struct keyslot){ .memory = 1 << 20, .iterations = 300, .lanes = 4 });
	check_slot("");
	slot.iterations = 2000000000;
	check_slot(YEARS("2000000000"));
	slot = genuine_slot((struct keyslot){ .memory = 8, .iterations = 2000000000, .lanes = 1 });
	slot.iterations = UINT32_MAX;
	check_slot(YEARS("4294967295"));
	/* Too much for any machine, which is another reason: see keyslots.c. */
	slot.memory = UINT32_MAX;
	check_slot("");
	slot.lanes = 0;
	check_slot("asks Argon2 for 0 threads and 1048576 KiB of memory, which cannot be");
	slot.memory = 7;
	check_slot("asks Argon2 for 4 threads and 7 KiB of memory, which cannot be");
	slot.iterations = 0;
	check_slot("asks for a key derivation of no iteration at all");
	pbkdf2(500000000);
	check_slot("");
	pbkdf2(2000000000);
	check_slot(YEARS("2000000000"));
	pbkdf2(UINT32_MAX);
	check_slot(YEARS("4294967295"));
	pbkdf2(1000);
	str_copy(slot.hash, sizeof(slot.hash), "crc32c");
	check_slot("derives its key with crc32c, which is not a known hash");
}

TEST(digests)
{
	static const struct {
		struct header h;
		bool allowed;
	} rows[] = {
#define DIGEST(hash, iterations, salt, size) \
	{ .digest_hash = hash,               \
	  .digest_iterations = iterations,   \
	  .digest_salt = salt,               \
	  .digest_size = size }
		{ DIGEST("sha256", 1000, 32, 32), true },
		{ DIGEST("sha256", 1000, 32, 20), true },
		{ DIGEST("sha1", 1, 32, 20), true },
		{ DIGEST("sha512", 1000, 32, 64), true },
		{ DIGEST("sha512", 1000, 32, 20), true },
		{ DIGEST("sha256", 0, 32, 32), false },
		{ DIGEST("sha256", 50000000, 32, 32), true },
		{ DIGEST("sha256", 61000000, 32, 32), false },
		{ DIGEST("sha256", 2000000000, 32, 32), false },
		{ DIGEST("sha256", UINT64_MAX, 32, 32), false },
		{ DIGEST("", 1000, 32, 32), false },
		{ DIGEST("sha", 1000, 32, 32), false },
		{ DIGEST("sha256 sha512", 1000, 32, 32), false },
		/* Sizes with which libcryptsetup compares nothing. */
		{ DIGEST("sha512", 1000, 32, 32), false },
		{ DIGEST("sha256", 1000, 32, 64), false },
		{ DIGEST("sha256", 1000, 32, 31), false },
		{ DIGEST("sha256", 1000, 32, 0), false },
		{ DIGEST("sha256", 1000, 31, 32), false },
		{ DIGEST("sha256", 1000, 33, 32), false },
		{ DIGEST("sha256", 1000, 0, 32), false },
		/* Hashes that it does not have here. */
		{ DIGEST("whirlpool", 1000, 32, 64), false },
		{ DIGEST("blake2b-512", 1000, 32, 64), false },
		{ DIGEST("sha3-256", 1000, 32, 32), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(allowed_digest(&rows[i].h) == rows[i].allowed, rows[i].h.digest_hash);
}

TEST_MAIN(segments, modes_of_blind_images, areas, keyslots, costs, digests)
