/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted zeros and their tags, against disks that Linux 6.1 wrote for cryptsetup 2.6.1
 * luksFormat --integrity with this volume key: SHA-256 of all areas (used tags, then data), and of
 * the journal. Linked as the programs are, since it goes through Mbed TLS.
 */
#include "base/bytes.h"
#include "base/util.h"
#include "facts/layout.h"
#include "system/seal.h"
#include "system/sha256.h"
#include "test.h"

#include <mbedtls/sha256.h>

static unsigned char key[128]; /* SHA-256 of "intact 0" … "intact 3" */

static const struct row {
	const char *what, *encryption, *integrity;
	unsigned sector;
	size_t key_size;
	uint64_t size;
	const char *areas, *journal; /* as hexadecimal digits */
} rows[] = {
	{ "sha256, 4096", "aes-xts-plain64", "hmac(sha256)", 4096, 96, 62914560,
	  "bf2fe6fbb1a79283dd80d72823717f97a6ba156db13bff718e7df75888e3ac9e",
	  "04611dda1ab90a046bd3ba93e061ec5a5d7191684b504fd5eee2fe6702d4a8d5" },
	{ "sha256, 512", "aes-xts-plain64", "hmac(sha256)", 512, 96, 41943040,
	  "932d0f71c5050d9cc0c81929a5a0897d6659c20fc93ff77b6ac621d455fc00eb",
	  "12ff558849f8c4beff2881b084cdd655a015f462688f1d50c79e1fd2e5b1117b" },
	{ "sha256, a key of 256 bits", "aes-xts-plain64", "hmac(sha256)", 4096, 64, 41943040,
	  "852f360314cd8382b9758a7262d8efa4d40f8e51c852a14685f708cac00361f7",
	  "3050e1f38618b00125faf975b2cf9519228e1170b56975e4b92e6558dd180e43" },
	{ "sha512", "aes-xts-plain64", "hmac(sha512)", 4096, 128, 41943040,
	  "40d83ededacd817963f147ac23415e2acf6005eeb547d45eca3a98b54aaff064",
	  "cb4f920cb7c321c3d504de1d7bd44c8498da4dc353756012a71e07a0d97c2935" },
	{ "sha1", "aes-xts-plain64", "hmac(sha1)", 4096, 84, 41943040,
	  "3282aa8e416af65fe59d9438d93714e822cd983af0853e63a832df5c86911615",
	  "aa910c6b26e2d7920792b8908eed11bf8f653ab44ccd50c51cb37b4605ac7f84" },
};

static void make_key(void)
{
	for (unsigned i = 0; i < 4; i++) {
		char text[16];

		snprintf(text, sizeof(text), "intact %u", i);
		(void)sha256(text, strlen(text), key + 32 * i);
	}
}

static void to_hex(const unsigned char *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static void hash_areas(const struct seal *seal, const struct layout *l, char *ret)
{
	unsigned char sum[32], *buffer = calloc(1, l->run * 512 + LAYOUT_AREA_BYTES);
	mbedtls_sha256_context hash;

	mbedtls_sha256_init(&hash);
	(void)mbedtls_sha256_starts(&hash, 0);
	for (uint64_t i = 0; i < l->areas; i++) {
		struct layout_area area;

		layout_area(l, i, &area);
		CHECK(seal_zeros(seal, area.sector, area.blocks, buffer + area.tags, buffer));
		(void)mbedtls_sha256_update(&hash, buffer, area.blocks * l->tag_size);
		(void)mbedtls_sha256_update(&hash, buffer + area.tags, area.data);
	}
	(void)mbedtls_sha256_finish(&hash, sum);
	to_hex(sum, sizeof(sum), ret);
	free(buffer);
}

static void hash_journal(const struct layout *l, char *ret)
{
	unsigned char sum[32], *journal = calloc(l->journal, 512);

	for (uint64_t i = 0; i < l->journal; i++)
		layout_journal_sector(l, i, journal + i * 512);
	(void)sha256(journal, l->journal * 512, sum);
	to_hex(sum, sizeof(sum), ret);
	free(journal);
}

static void check_row(const struct row *row, bool portable)
{
	struct seal_sizes sizes;
	struct seal *seal = NULL;
	struct layout l;
	char hex[65];

	CHECK_ROW(seal_sizes(row->encryption, row->integrity, &sizes), row->what);
	CHECK_ROW(seal_new(&(struct seal_spec){ .encryption = row->encryption,
						.integrity = row->integrity,
						.sector_size = row->sector,
						.key = key,
						.key_size = row->key_size,
						.portable = portable },
			   &seal) == 0,
		  row->what);
	CHECK_ROW(layout_plan(row->size, 16 << 20, sizes.mac + sizes.iv, row->sector, &l),
		  row->what);
	hash_areas(seal, &l, hex);
	CHECK_STR(hex, row->areas);
	hash_journal(&l, hex);
	CHECK_STR(hex, row->journal);
	seal_free(seal);
}

TEST(disks_of_the_kernel)
{
	make_key();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i], false);
}

TEST(without_the_instructions)
{
	make_key();
	check_row(&rows[1], true);
}

/* The first two tags of such a disk, MAC and IV, and the SHA-256 of the two sectors. */
TEST(random_iv)
{
	static const unsigned char tags[96] = {
		0x5d, 0xb8, 0xdb, 0x96, 0x04, 0xc1, 0x5e, 0xfa, 0x7f, 0x6c, 0x5d, 0x33, 0xdd, 0xf0,
		0xab, 0x93, 0x9a, 0x5d, 0x76, 0x33, 0x54, 0x94, 0x1b, 0x4b, 0x7b, 0xed, 0x70, 0x07,
		0x29, 0x0f, 0x8a, 0x32, 0x1f, 0x42, 0x1d, 0x73, 0x93, 0xaa, 0x3e, 0x15, 0x03, 0x56,
		0x33, 0x4d, 0x7b, 0x5a, 0xde, 0x9d, 0x1c, 0xf2, 0x1a, 0x8a, 0x2d, 0xb6, 0x72, 0x74,
		0xa2, 0x43, 0xee, 0xbd, 0xdb, 0xe2, 0x7d, 0x3d, 0x38, 0xc1, 0x4d, 0x80, 0x11, 0xef,
		0x3d, 0xf2, 0x41, 0x84, 0x6e, 0xe1, 0xc9, 0x71, 0x23, 0xc8, 0xb7, 0x2c, 0x1c, 0xb3,
		0xea, 0xa2, 0x0f, 0x4d, 0x9b, 0x4f, 0xa1, 0x42, 0x8b, 0x1d, 0xe4, 0x11,
	};
	static unsigned char data[8192];
	unsigned char computed[96], sum[32];
	struct seal_sizes sizes;
	struct seal *seal = NULL;
	char hex[65];

	make_key();
	CHECK(seal_sizes("aes-xts-random", "hmac(sha256)", &sizes));
	CHECK_INT(sizes.iv, 16);
	for (unsigned portable = 0; portable < 2; portable++) {
		CHECK_INT(seal_new(&(struct seal_spec){ .encryption = "aes-xts-random",
							.integrity = "hmac(sha256)",
							.sector_size = 4096,
							.key = key,
							.key_size = 96,
							.portable = portable },
				   &seal),
			  0);
		memset(computed, 0, sizeof(computed));
		memcpy(computed + 32, tags + 32, 16);
		memcpy(computed + 80, tags + 80, 16);
		CHECK(seal_zeros(seal, 0, 2, data, computed));
		CHECK(memcmp(computed, tags, sizeof(tags)) == 0);
		(void)sha256(data, sizeof(data), sum);
		to_hex(sum, sizeof(sum), hex);
		CHECK_STR(hex, "53ab6996d29f80f1b41a121b8b0b829731688ec69416fbb49b7cab1d9aabf456");
		seal = seal_free(seal);
	}
}

/* Of disks with AES-GCM: the first two tags, MAC and IV, and the SHA-256 of the two sectors. */
static const struct gcm_row {
	const char *what, *data;
	size_t key_size;
	unsigned sector;
	unsigned char tags[56];
} gcm_rows[] = {
	{ "a key of 256 bits, 4096",
	  "e8d32c50e9f5e9239085339329333bbe513b8e783d4ab16621836a70f37c2620",
	  32,
	  4096,
	  { 0x8d, 0xdf, 0x3d, 0xdc, 0x99, 0x50, 0x75, 0x41, 0x68, 0x39, 0x97, 0x92, 0x46, 0x70,
	    0xf4, 0x16, 0x2e, 0x90, 0x3d, 0x7d, 0x82, 0x67, 0xb9, 0x3d, 0x36, 0x10, 0x75, 0xb6,
	    0xd6, 0xb3, 0xd0, 0xf3, 0xf6, 0xe9, 0xcf, 0xe3, 0xd7, 0x43, 0xba, 0x0f, 0xac, 0x9a,
	    0x38, 0xae, 0xd8, 0x09, 0x16, 0x7f, 0xbd, 0x7a, 0x52, 0x6e, 0x3a, 0xc0, 0x7b, 0x2b } },
	{ "a key of 128 bits, 512",
	  "c4dde3321b2f66edcb24a7d188deea363404d7d0e11e4896a01545c1092c99cc",
	  16,
	  512,
	  { 0x7b, 0xfa, 0xc6, 0xc2, 0x9e, 0xc3, 0x4d, 0x88, 0xa6, 0xac, 0x39, 0xad, 0xa8, 0xbe,
	    0x41, 0x78, 0x1f, 0xe0, 0x01, 0xa7, 0xc0, 0x4e, 0x5d, 0x81, 0x29, 0xaa, 0x2e, 0x48,
	    0xe3, 0x20, 0x78, 0xfe, 0x9e, 0x93, 0x16, 0xe3, 0xc1, 0xd3, 0xef, 0x0f, 0x32, 0x58,
	    0xe4, 0xc0, 0x3e, 0xeb, 0xa0, 0x84, 0x80, 0x7d, 0x3e, 0xcb, 0x12, 0x55, 0x1b, 0xba } },
};

static struct seal *gcm_seal(size_t key_size, unsigned sector, bool portable)
{
	struct seal *seal = NULL;

	make_key();
	CHECK_INT(seal_new(&(struct seal_spec){ .encryption = "aes-gcm-random",
						.integrity = "aead",
						.sector_size = sector,
						.key = key,
						.key_size = key_size,
						.portable = portable },
			   &seal),
		  0);
	return seal;
}

TEST(gcm)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(gcm_rows); i++) {
		const struct gcm_row *row = &gcm_rows[i / 2];
		struct seal *seal = gcm_seal(row->key_size, row->sector, i % 2);
		unsigned char data[8192], computed[56] = { 0 }, sum[32];
		char hex[65];

		memcpy(computed + 16, row->tags + 16, 12);
		memcpy(computed + 44, row->tags + 44, 12);
		memset(data, 0xff, sizeof(data));
		CHECK(seal_zeros(seal, 0, 2, data, computed));
		CHECK_ROW(memcmp(computed, row->tags, sizeof(computed)) == 0, row->what);
		(void)sha256(data, 2 * row->sector, sum);
		to_hex(sum, sizeof(sum), hex);
		CHECK_STR(hex, row->data);
		seal_free(seal);
	}
}

/* Any sector, any IV: the portable code and the instructions agree. */
TEST(gcm_both_ways)
{
	static unsigned char one[5 * 4096], two[5 * 4096];
	unsigned char a[5 * 28], b[5 * 28];

	for (unsigned i = 0; i < 64; i++) {
		unsigned sector = 512u << i % 4;
		struct seal *fast = gcm_seal(i & 4 ? 16 : 32, sector, false);
		struct seal *slow = gcm_seal(i & 4 ? 16 : 32, sector, true);
		uint64_t at = 0x123456789a8ULL * i;

		for (size_t j = 0; j < sizeof(a); j++)
			a[j] = b[j] = (unsigned char)(j * 37 + i * 101);
		CHECK(seal_zeros(fast, at, 5, one, a) && seal_zeros(slow, at, 5, two, b));
		CHECK(memcmp(a, b, sizeof(a)) == 0 && memcmp(one, two, 5 * sector) == 0);
		seal_free(fast);
		seal_free(slow);
	}
}

/* One sector alone, and sectors beyond 2^32. */
TEST(any_number_of_sectors)
{
	static unsigned char some[5 * 4096], one[4096];
	unsigned char tags[5 * 32], tag[32];
	struct seal *seal = NULL;

	make_key();
	CHECK_INT(seal_new(&(struct seal_spec){ .encryption = "aes-xts-plain64",
						.integrity = "hmac(sha256)",
						.sector_size = 4096,
						.key = key,
						.key_size = 96 },
			   &seal),
		  0);
	CHECK(seal_zeros(seal, 0x123456789a8, 5, some, tags));
	for (unsigned i = 0; i < 5; i++) {
		CHECK(seal_zeros(seal, 0x123456789a8 + 8 * i, 1, one, tag));
		CHECK(memcmp(one, some + 4096 * i, 4096) == 0);
		CHECK(memcmp(tag, tags + 32 * i, 32) == 0);
	}
	seal_free(seal);
}

TEST(what_is_not_computed)
{
	struct seal_sizes sizes;
	struct seal *seal = NULL;
	struct seal_spec spec = { .encryption = "aes-xts-plain64",
				  .integrity = "hmac(sha256)",
				  .sector_size = 4096,
				  .key = key,
				  .key_size = 64 + 31 };

	CHECK(!seal_sizes("aes-xts-plain64", "aead", &sizes));
	CHECK(!seal_sizes("aes-xts-plain64", "hmac(md5)", &sizes));
	CHECK(!seal_sizes("serpent-xts-plain64", "hmac(sha256)", &sizes));
	CHECK(!seal_sizes("aes-xts-plain", "hmac(sha256)", &sizes));
	CHECK_INT(seal_new(&spec, &seal), -EINVAL);
	spec.key_size = 24;
	spec.encryption = "aes-gcm-random", spec.integrity = "aead";
	CHECK_INT(seal_new(&spec, &seal), -EINVAL);
	CHECK(!seal_sizes("aes-gcm-random", "hmac(sha256)", &(struct seal_sizes){ 0 }));
	spec.integrity = "none";
	CHECK_INT(seal_new(&spec, &seal), -EOPNOTSUPP);
}

/* RFC 4231, test case 2. */
TEST(mac)
{
	unsigned char sum[32];
	char hex[65];

	CHECK(seal_mac((const unsigned char *)"Jefe", 4, "what do ya want for nothing?", 28, sum));
	to_hex(sum, sizeof(sum), hex);
	CHECK_STR(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_MAIN(disks_of_the_kernel, without_the_instructions, random_iv, gcm, gcm_both_ways,
	  any_number_of_sectors, what_is_not_computed, mac)
