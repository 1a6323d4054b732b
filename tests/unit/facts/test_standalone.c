/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/standalone.h"
#include "test.h"

static const char *table(const struct standalone *s, const struct superblock *sb, const char *key,
			 const char *meta)
{
	static char line[STANDALONE_TABLE_MAX];

	return standalone_table(s, sb, key, "254:0", meta, line, sizeof(line)) ? line :
										 "does not fit";
}

TEST(tables)
{
	struct superblock sb = { .state = SUPERBLOCK_OK, .tag_size = 4, .block_size = 4096 };
	struct standalone s = { .mode = 'J', .hash = standalone_hash("crc32c") };

	CHECK_STR(table(&s, &sb, NULL, NULL), "254:0 0 4 J 2 block_size:4096 internal_hash:crc32c");
	s.watermark = 55;
	s.commit_ms = 10;
	s.discards = true;
	CHECK_STR(table(&s, &sb, NULL, NULL),
		  "254:0 0 4 J 5 journal_watermark:55 commit_time:10 block_size:4096 "
		  "allow_discards internal_hash:crc32c");
	/* In bitmap mode these two would be taken for the bitmap's. */
	s.mode = 'B';
	CHECK_STR(table(&s, &sb, NULL, NULL),
		  "254:0 0 4 B 3 block_size:4096 allow_discards internal_hash:crc32c");
	sb.inline_tags = true;
	CHECK_STR(table(&s, &sb, NULL, NULL),
		  "254:0 0 4 I 3 block_size:4096 allow_discards internal_hash:crc32c");
}

TEST(tables_with_a_key)
{
	struct superblock sb = { .state = SUPERBLOCK_OK, .tag_size = 32, .block_size = 512 };
	struct standalone s = { .mode = 'D',
				.hash = standalone_hash("hmac-sha256"),
				.discards = true };

	CHECK_STR(table(&s, &sb, "00ff", "254:16"),
		  "254:0 0 32 D 4 block_size:512 allow_discards internal_hash:hmac(sha256):00ff "
		  "meta_device:254:16");
	sb.recalculating = sb.discards_keyed = true;
	CHECK_STR(table(&s, &sb, "00ff", NULL),
		  "254:0 0 32 D 4 block_size:512 recalculate allow_discards_keyed "
		  "internal_hash:hmac(sha256):00ff");
}

TEST(tables_that_do_not_fit)
{
	struct superblock sb = { .state = SUPERBLOCK_OK, .tag_size = 4, .block_size = 4096 };
	struct standalone s = { .mode = 'J', .hash = standalone_hash("crc32c") };
	char line[48];

	CHECK(!standalone_table(&s, &sb, NULL, "254:0", NULL, line, sizeof(line)));
}

TEST(tables_of_the_kernel)
{
	struct standalone_table t;

	CHECK(standalone_read_table(
		"254:0 0 4 J 8 journal_sectors:1016 interleave_sectors:32768 buffer_sectors:128 "
		"journal_watermark:50 commit_time:10000 internal_hash:crc32c fix_padding block_size:4096",
		&t));
	CHECK_STR(t.data, "254:0");
	CHECK_STR(t.meta, "");
	CHECK(t.hash == standalone_hash("crc32c") && t.mode == 'J' && !t.discards);
	CHECK(standalone_read_table("7:1 0 32 B 3 internal_hash:hmac(sha256):00ff allow_discards "
				    "meta_device:7:0",
				    &t));
	CHECK(t.hash == standalone_hash("hmac-sha256") && t.mode == 'B' && t.discards);
	CHECK_STR(t.meta, "7:0");
	CHECK(standalone_read_table("7:1 0 8 D 1 internal_hash:unknown journal_mac:hmac(sha256):00",
				    &t));
	CHECK(!t.hash && t.journal_keys);
	/* NAME_dif of a LUKS volume. */
	CHECK(standalone_read_table("7:1 32768 48 J 1 block_size:4096", &t) && !t.hash);
	CHECK(!standalone_read_table("", &t));
	CHECK(!standalone_read_table("7:1", &t));
	CHECK(!standalone_read_table("7:1 0 4", &t));
	CHECK(!standalone_read_table("7:1 0 4 X 0", &t));
	CHECK(!standalone_read_table("7:1 0 4 JJ 0", &t));
	CHECK(!standalone_read_table("a-number-of-more-than-23-digits 0 4 J 0", &t));
}

TEST(status)
{
	uint64_t n = 1;

	CHECK(standalone_read_status("0 30720 -", &n) && n == 0);
	CHECK(standalone_read_status("12 30720 512", &n) && n == 12);
	CHECK(standalone_read_status("18446744073709551615", &n) && n == UINT64_MAX);
	CHECK(!standalone_read_status("", &n));
	CHECK(!standalone_read_status("- 30720", &n));
	CHECK(!standalone_read_status("18446744073709551616 1", &n));
	CHECK(!standalone_read_status("123456789012345678901234567890", &n));
}

TEST(unfinished)
{
	uint64_t n = 1;

	CHECK(standalone_read_unfinished("0 30720 -", &n) && n == 0);
	CHECK(standalone_read_unfinished("12 30720 30720", &n) && n == 0);
	CHECK(standalone_read_unfinished("12 30720 30728", &n) && n == 0);
	CHECK(standalone_read_unfinished("12 30720 512", &n) && n == 30208);
	CHECK(!standalone_read_unfinished("12", &n));
	CHECK(!standalone_read_unfinished("12 -", &n));
	CHECK(!standalone_read_unfinished("12 30720", &n));
	CHECK(!standalone_read_unfinished("12 30720 x", &n));
}

TEST(hashes)
{
	size_t n;
	const struct standalone_hash *all = standalone_hashes(&n);

	for (size_t i = 0; i < n; i++) {
		CHECK(standalone_hash(all[i].name) == &all[i]);
		CHECK(standalone_hash_of(all[i].kernel, strlen(all[i].kernel)) == &all[i]);
		CHECK(all[i].keyed == !!strchr(all[i].kernel, '('));
		CHECK(all[i].algorithms[0]);
	}
	CHECK(!standalone_hash("md5") && !standalone_hash_of("crc32", 4));
}

TEST(same)
{
	struct standalone a = { .source_text = "/dev/vdb", .mode = 'J' }, b = a;

	CHECK(standalone_same(&a, &b));
	b.mode = 'D';
	CHECK(!standalone_same(&a, &b));
}

TEST_MAIN(tables, tables_with_a_key, tables_that_do_not_fit, tables_of_the_kernel, status,
	  unfinished, hashes, same)
