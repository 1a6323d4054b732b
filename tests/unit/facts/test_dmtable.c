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

TEST(read_back)
{
	struct opened o = { 0 };

	dmtable_parse_integrity(
		"254:0 32768 32 J 7 interleave_sectors:32768 buffer_sectors:128 block_size:4096",
		&o);
	CHECK(o.dif_tag_size == 32 && o.dif_mode == 'J');
	dmtable_parse_crypt(
		"capi:gcm(aes)-random :32:logon:cryptsetup:x 0 254:0 0 2 integrity:28:aead sector_size:4096",
		&o);
	CHECK_STR(o.dm_cipher, "capi:gcm(aes)-random");
	CHECK(o.crypt_tag_size == 28);
	CHECK_STR(o.crypt_integrity, "aead");
}

TEST(nothing_to_read)
{
	static const char *const lines[] = { "", " ", "254:0",
					     "capi:x - 0 254:0 0 1 integrity:", "254:0 1 - J 0" };
	struct opened o = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		dmtable_parse_crypt(lines[i], &o);
		dmtable_parse_integrity(lines[i], &o);
	}
	CHECK(o.crypt_tag_size == 0 && o.dif_tag_size == 0);
}

TEST_MAIN(integrity_line, crypt_line, crypt_line_with_everything, random_iv_only, too_long,
	  read_back, nothing_to_read)
