/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of device-mapper's tables. direct/modes compares them with libcryptsetup's. */
#include "base/util.h"
#include "facts/dmtable.h"
#include "test.h"

static struct header usual(void)
{
	return (struct header){
		.integrity = "hmac(sha256)",
		.dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
		.sector_size = 4096,
		.tag_size = 32,
		.data_offset = 16 << 20,
	};
}

TEST(integrity_line)
{
	struct header h = usual();
	char line[DMTABLE_MAX];

	CHECK(dmtable_integrity(&h, 0, "254:0", line, sizeof(line)));
	CHECK_STR(line, "254:0 32768 32 J 1 block_size:4096");
	h.sector_size = 512;
	CHECK(dmtable_integrity(&h, DM_OPTION_NO_JOURNAL | DM_OPTION_READONLY, "8:3", line,
				sizeof(line)));
	CHECK_STR(line, "8:3 32768 32 D 1 block_size:512");
	CHECK(dmtable_integrity(&h, DM_OPTION_RECOVERY | DM_OPTION_NO_JOURNAL, "8:3", line,
				sizeof(line)));
	CHECK_STR(line, "8:3 32768 32 R 1 block_size:512");
}

TEST(crypt_line)
{
	struct header h = usual();
	char line[DMTABLE_MAX];

	CHECK(dmtable_crypt(&h, 0, ":96:logon:cryptsetup:UUID-d0", "254:1", line, sizeof(line)));
	CHECK_STR(
		line,
		"capi:authenc(hmac(sha256),xts(aes))-plain64 :96:logon:cryptsetup:UUID-d0 0 254:1 0 2 sector_size:4096 integrity:32:aead");
}

TEST(crypt_line_with_everything)
{
	struct header h = usual();
	char line[DMTABLE_MAX];

	h.sector_size = 512;
	h.iv_offset = 8;
	h.integrity_key_size = 64;
	CHECK(dmtable_crypt(&h, ~0U, "00ff", "254:1", line, sizeof(line)));
	CHECK_STR(
		line,
		"capi:authenc(hmac(sha256),xts(aes))-plain64 00ff 8 254:1 0 7 same_cpu_crypt submit_from_crypt_cpus no_read_workqueue "
		"no_write_workqueue high_priority integrity:32:aead integrity_key_size:64");
}

TEST(random_iv_only)
{
	struct header h = usual();
	char line[DMTABLE_MAX];

	str_copy(h.integrity, sizeof(h.integrity), "none");
	CHECK(dmtable_crypt(&h, 0, "-", "254:1", line, sizeof(line)));
	CHECK(strstr(line, " integrity:32:none"));
}

/* A truncated line would be a different table. */
TEST(too_long)
{
	struct header h = usual();
	char line[32];

	CHECK(!dmtable_integrity(&h, 0, "254:0", line, sizeof(line)));
	CHECK(!dmtable_crypt(&h, 0, "-", "254:1", line, sizeof(line)));
}

TEST(read_integrity)
{
	struct dm_layer l = { .target = "integrity" };

	dmtable_parse(
		"254:0 32768 32 J 7 block_size:4096 journal_sectors:1056 interleave_sectors:32768 "
		"buffer_sectors:128 journal_watermark:50 commit_time:10000 fix_padding",
		&l);
	CHECK(l.understood && l.offset == 32768 && l.tag_size == 32 && l.mode == 'J');
	CHECK(l.block_size == 4096);
	CHECK_STR(l.below, "254:0");
	l = (struct dm_layer){ .target = "integrity" };
	dmtable_parse("8:1 0 16 D 1 interleave_sectors:32768", &l);
	CHECK(l.understood && l.mode == 'D' && l.block_size == 512);
	l = (struct dm_layer){ .target = "integrity" };
	dmtable_parse("8:1 0 16 R 1 interleave_sectors:32768", &l);
	CHECK(l.understood && l.mode == 'R');
	l = (struct dm_layer){ .target = "integrity" };
	dmtable_parse("8:1 0 16 X 1 interleave_sectors:32768", &l);
	CHECK(!l.understood);
}

TEST(read_crypt)
{
	struct dm_layer l = { .target = "crypt" };

	dmtable_parse(
		"capi:gcm(aes)-random :32:logon:cryptsetup:x 8 254:0 16 2 integrity:28:aead sector_size:4096",
		&l);
	CHECK(l.understood && l.iv_offset == 8 && l.offset == 16 && l.block_size == 4096);
	CHECK_STR(l.cipher, "capi:gcm(aes)-random");
	CHECK_STR(l.below, "254:0");
	CHECK(l.tag_size == 28);
	CHECK_STR(l.integrity, "aead");
	l = (struct dm_layer){ .target = "crypt" };
	dmtable_parse("aes-xts-plain64 00ff 0 8:1 32768", &l);
	CHECK(l.understood && l.tag_size == 0 && l.block_size == 512 && !l.integrity[0]);
}

/* What is written here is read again. */
TEST(read_own_lines)
{
	struct header h = usual();
	struct dm_layer l = { .target = "crypt" };
	char line[DMTABLE_MAX];

	h.integrity_key_size = 64;
	CHECK(dmtable_crypt(&h, ~0U, "00ff", "254:1", line, sizeof(line)));
	dmtable_parse(line, &l);
	CHECK(l.understood && l.integrity_key_size == 64 && l.block_size == 4096);
	l = (struct dm_layer){ .target = "integrity" };
	CHECK(dmtable_integrity(&h, 0, "254:0", line, sizeof(line)));
	dmtable_parse(line, &l);
	CHECK(l.understood && l.offset == 32768);
}

/* Lines that put data or tags elsewhere, turn a check off, or that no kernel writes. */
TEST(not_understood)
{
	static const char *const integrity[] = {
		"",
		" ",
		"254:0",
		"254:0 1 - J 0",
		"254:0 1 32 X 0",
		"254:0 1 32 JJ 0",
		"254:0 1 32  0",
		"254:0 -1 32 J 0",
		"254:0 1 4294967296 J 0",
		"254:0 18446744073709551616 32 J 0",
		"254:0 1 32 J 1",
		"254:0 1 32 J 0 fix_padding",
		"254:0 1 32 J 1 meta_device:8:1",
		"254:0 1 32 J 1 internal_hash:crc32c",
		"254:0 1 32 J 1 recalculate",
		"254:0 1 32 J 1 block_size:",
		"254:0 1 32 J 1 block_size:4096x",
		"254:0 1 32 J 999999 fix_padding",
	};
	static const char *const crypt[] = {
		"",
		"aes",
		"aes  0 8:1 0",
		"aes - 0 8:1",
		"aes - 0 8:1 0 1",
		"aes - 0 8:1 0 0 high_priority",
		"aes - 0 8:1 0 1 iv_large_sectors",
		"aes - 0 8:1 0 1 integrity:",
		"aes - 0 8:1 0 1 integrity:32",
		"aes - 0 8:1 0 1 integrity:32:",
		"aes - 0 8:1 0 1 integrity:x:aead",
		"aes - 0 8:1 0 1 integrity:32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aes - 0 8:1 0 1 integrity:99999999999999999999999:aead",
		/* a blank in the key's description moves all that follows */
		"capi:x :64:logon:a b 0 254:1 0 0",
		"capi:x :64:logon:cryptsetup: 0 254:1 0 0 8 254:9 0",
	};
	static const struct dm_layer none;
	struct dm_layer l;

	for (size_t i = 0; i < ARRAY_SIZE(integrity); i++) {
		l = none;
		dmtable_parse_integrity(integrity[i], &l);
		CHECK_ROW(memcmp(&l, &none, sizeof(l)) == 0, integrity[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(crypt); i++) {
		l = none;
		dmtable_parse_crypt(crypt[i], &l);
		CHECK_ROW(memcmp(&l, &none, sizeof(l)) == 0, crypt[i]);
	}
	l = (struct dm_layer){ .target = "linear" };
	dmtable_parse("254:0 1 32 J 0", &l);
	CHECK(!l.understood);
}

TEST(linear_line)
{
	static const char *const bad[] = {
		"", "253:0", "253:0 ", "253:0 -1", "253:0 1 2", "253:0 x", "253:0 36028797018963968"
	};
	char below[24] = "";
	uint64_t offset = 1;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(!dmtable_parse_linear(bad[i], below, &offset), bad[i]);
	CHECK(!below[0] && offset == 1);
	CHECK(dmtable_parse_linear("253:0 2048", below, &offset));
	CHECK_STR(below, "253:0");
	CHECK_INT(offset, 2048);
}

/* Longer than every field, and cut at every place. */
TEST(hostile_lines)
{
	char line[2 * DMTABLE_MAX];
	struct dm_layer l;

	for (size_t field = 0; field < 6; field++) {
		line[0] = '\0';
		for (size_t i = 0; i < 6; i++)
			for (size_t n = i == field ? 3000 : 1; n > 0; n--)
				str_append(line, sizeof(line), "%s", n == 1 ? "1 " : "1");
		l = (struct dm_layer){ 0 };
		dmtable_parse_crypt(line, &l);
		dmtable_parse_integrity(line, &l);
		CHECK(!l.understood);
	}
}

TEST_MAIN(integrity_line, crypt_line, crypt_line_with_everything, random_iv_only, too_long,
	  read_integrity, read_crypt, read_own_lines, not_understood, linear_line, hostile_lines)
