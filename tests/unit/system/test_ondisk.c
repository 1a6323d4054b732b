/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes on a disk: dm-integrity superblocks as integritysetup and cryptsetup wrote them, LUKS2
 * header copies made here. The hash is a simple one: what matters is that a changed byte
 * is noticed.
 */
#include "system/ondisk.c"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>

bool sha256(const void *data, size_t len, unsigned char ret[static SHA256_SIZE])
{
	const unsigned char *bytes = data;
	unsigned char sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (unsigned char)(sum * 31 + bytes[i]);
	memset(ret, sum, SHA256_SIZE);
	return true;
}

/* --- dm-integrity ----------------------------------------------------------------------------- */

/* cryptsetup 2.6.1, hmac-sha256, 4096-byte sectors, on a disk of 70254592 bytes with the data
 * offset of 16 MiB. */
#define REAL_SIZE (70254592ULL - (16 << 20))
static const unsigned char real_superblock[512] = {
	'i',  'n',  't', 'e', 'g', 'r', 't', 0, 4, 15, 32, 0, 4, 0,  0, 0,
	0xd8, 0x8f, 1,	 0,   0,   0,	0,   0, 8, 0,  0,  0, 3, 12, 0, 0,
};

static struct superblock parse_changed(unsigned at, unsigned char value)
{
	unsigned char sb[512];
	struct superblock ret;

	memcpy(sb, real_superblock, sizeof(sb));
	sb[at] = value;
	ondisk_superblock_parse(sb, &ret);
	return ret;
}

TEST(superblock_of_a_real_disk)
{
	struct superblock sb;

	ondisk_superblock_parse(real_superblock, &sb);
	CHECK_INT(sb.state, SUPERBLOCK_OK);
	CHECK_INT(sb.tag_size, 32);
	CHECK_INT(sb.provided, 102360 * 512);
	CHECK_INT(sb.needed, REAL_SIZE); /* to the byte: integritysetup fills the device */
}

/* The record of `intact format`, which is in the superblock's place until it ends. */
TEST(superblock_of_an_unfinished_format)
{
	unsigned char sb[512];
	struct superblock ret;

	unfinished_write(&(struct unfinished){ .next = 37, .areas = 100 }, sb);
	ondisk_superblock_parse(sb, &ret);
	CHECK_INT(ret.state, SUPERBLOCK_UNFINISHED);
	CHECK_INT(ret.percent, 37);
	CHECK_INT(ret.provided, 0);
	sb[24] = 36; /* more done than there is */
	ondisk_superblock_parse(sb, &ret);
	CHECK_INT(ret.state, SUPERBLOCK_MISSING);
}

TEST(superblock_damaged)
{
	static const struct {
		unsigned at;
		unsigned char value;
		enum superblock_state state;
		const char *what;
	} rows[] = {
		{ 0, 'I', SUPERBLOCK_MISSING, "magic" },
		{ 6, 'T', SUPERBLOCK_MISSING, "end of magic" },
		{ 8, 0, SUPERBLOCK_BAD, "version 0" },
		{ 8, 8, SUPERBLOCK_OK, "a version of the future" },
		{ 9, 32, SUPERBLOCK_BAD, "interleave beyond the kernel's limit" },
		{ 9, 2, SUPERBLOCK_BAD, "interleave smaller than a block" },
		{ 10, 0, SUPERBLOCK_BAD, "no tag" },
		{ 11, 1, SUPERBLOCK_BAD, "tag of 288 bytes" },
		{ 12, 0, SUPERBLOCK_BAD, "no journal section" },
		{ 23, 0xff, SUPERBLOCK_BAD, "more data than any device has" },
		{ 16, 7, SUPERBLOCK_BAD, "data that end within a block" },
		{ 28, 4, SUPERBLOCK_BAD, "blocks of 8 KiB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(parse_changed(rows[i].at, rows[i].value).state == rows[i].state,
			  rows[i].what);
}

TEST(superblock_layouts)
{
	unsigned char sb[512];
	struct superblock narrow;

	/* A run of tags for 2^10 sectors is 4 KiB, as padded with SB_FLAG_FIXED_PADDING; without
	 * it, 128 KiB. 100 areas. */
	CHECK_INT(REAL_SIZE - parse_changed(9, 10).needed, (4 * 256 - 100 * 8) * 512);
	memcpy(sb, real_superblock, sizeof(sb));
	sb[9] = 10;
	sb[24] = 0;
	ondisk_superblock_parse(sb, &narrow);
	CHECK_INT(narrow.needed - parse_changed(9, 10).needed, 100 * (256 - 8) * 512);
	/* Runs of 128 KiB are the same either way. */
	CHECK_INT(parse_changed(24, 0).needed, REAL_SIZE);
	/* A journal MAC takes 8 bytes of each journal sector: here, one entry in eight. */
	CHECK(parse_changed(24, 9).needed <= REAL_SIZE);
	/* A larger tag needs more room. */
	CHECK(parse_changed(10, 64).needed > REAL_SIZE);
	CHECK_INT(parse_changed(8, 8).needed, 0);
}

/* What only a device of integritysetup can have. */
TEST(superblock_of_a_standalone_device)
{
	struct superblock sb = parse_changed(9, 0);

	CHECK_INT(sb.state, SUPERBLOCK_BAD);
	CHECK(sb.separate && !sb.inline_tags);
	CHECK_INT(sb.provided, 102360 * 512);
	CHECK_INT(sb.block_size, 4096);
	CHECK(!parse_changed(9, 2).separate && parse_changed(9, 2).provided == 0);
	sb = parse_changed(24, 0x20);
	CHECK(sb.state == SUPERBLOCK_BAD && !sb.inline_tags && sb.provided == 0);
	CHECK(parse_changed(24, 0xa).recalculating && !parse_changed(24, 8).recalculating);
	CHECK(parse_changed(24, 0x48).discards_keyed && !parse_changed(24, 8).discards_keyed);
	CHECK(parse_changed(24, 9).journal_mac && !parse_changed(24, 8).journal_mac);
	CHECK(!parse_changed(12, 0).separate);
}

/* The mark stays when the work is done: what counts is how far that is, and no farther than there
 * are data. */
TEST(superblock_while_tags_are_computed)
{
	static const struct {
		unsigned char flags, recalculated[8];
		uint64_t bytes;
		const char *what;
	} rows[] = {
		{ 0xa, { 0 }, 0, "not begun" },
		{ 0xa, { 8 }, 4096, "one block" },
		{ 0xa, { 0xd7, 0x8f, 1 }, 102359 * 512, "all but one sector" },
		{ 0xa, { 0xd8, 0x8f, 1 }, 102360 * 512, "all" },
		{ 0xa, { 0xd9, 0x8f, 1 }, 102360 * 512, "more than there is" },
		{ 0xa,
		  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		  102360 * 512,
		  "no number of sectors" },
		{ 8, { 8 }, 0, "no mark" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned char sb[512];
		struct superblock ret;

		memcpy(sb, real_superblock, sizeof(sb));
		sb[24] = rows[i].flags;
		memcpy(sb + 32, rows[i].recalculated, sizeof(rows[i].recalculated));
		ondisk_superblock_parse(sb, &ret);
		CHECK_ROW(ret.state == SUPERBLOCK_OK && ret.recalculated == rows[i].bytes,
			  rows[i].what);
	}
}

TEST(superblock_with_inline_tags)
{
	unsigned char sb[512];
	struct superblock ret;

	memcpy(sb, real_superblock, sizeof(sb));
	sb[8] = 6;
	memset(sb + 12, 0, 4); /* no journal */
	sb[24] = 0x20;
	ondisk_superblock_parse(sb, &ret);
	CHECK(ret.state == SUPERBLOCK_BAD && ret.inline_tags && !ret.separate);
	CHECK_INT(ret.provided, 102360 * 512);
}

/* --- LUKS2 ------------------------------------------------------------------------------------ */

#define HEADER_SIZE 0x4000

static void write_copy(int fd, uint64_t at, const unsigned char magic[static 6])
{
	unsigned char hdr[HEADER_SIZE] = { 0 };

	memcpy(hdr, magic, 6);
	hdr[LUKS2_VERSION + 1] = 2;
	hdr[LUKS2_SIZE + 6] = HEADER_SIZE >> 8;
	memcpy(hdr + LUKS2_CSUM_ALG, "sha256", 7);
	memcpy(hdr + LUKS2_BIN_SIZE, "{\"keyslots\":{}}", 15);
	hdr[LUKS2_OFFSET + 6] = (unsigned char)(at >> 8);
	sha256(hdr, sizeof(hdr), hdr + LUKS2_CSUM);
	CHECK(pwrite(fd, hdr, sizeof(hdr), (off_t)at) == (ssize_t)sizeof(hdr));
}

static void set_byte(int fd, uint64_t at, unsigned char value)
{
	CHECK(pwrite(fd, &value, 1, (off_t)at) == 1);
}

static int disk_with_both_copies(void)
{
	char path[] = "/tmp/intact-ondisk-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	CHECK(ftruncate(fd, 1 << 20) == 0);
	write_copy(fd, 0, first_magic);
	write_copy(fd, HEADER_SIZE, second_magic);
	return fd;
}

TEST(header_copies)
{
	static const struct {
		uint64_t at;
		enum header_copy first, second;
		const char *what;
	} rows[] = {
		{ 0x80000, COPY_OK, COPY_OK, "nothing of the header" },
		{ 0, COPY_NO_MAGIC, COPY_OK, "first magic" },
		{ LUKS2_VERSION + 1, COPY_NO_MAGIC, COPY_OK, "first version" },
		{ LUKS2_BIN_SIZE + 3, COPY_BAD_CHECKSUM, COPY_OK, "first JSON" },
		{ LUKS2_SIZE, COPY_BAD_CHECKSUM, COPY_OK, "first size: too large" },
		{ HEADER_SIZE, COPY_OK, COPY_NO_MAGIC, "second magic" },
		{ HEADER_SIZE + 5000, COPY_OK, COPY_BAD_CHECKSUM, "second JSON" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum header_copy first, second;
		cleanup_close int fd = disk_with_both_copies();

		set_byte(fd, rows[i].at, 0x55);
		CHECK_ROW(ondisk_luks2_copies(fd, &first, &second), rows[i].what);
		CHECK_ROW(first == rows[i].first, rows[i].what);
		CHECK_ROW(second == rows[i].second, rows[i].what);
	}
}

TEST(no_header_at_all)
{
	enum header_copy first, second;
	cleanup_close int fd = disk_with_both_copies();

	set_byte(fd, 0, 0);
	set_byte(fd, HEADER_SIZE, 0);
	CHECK(!ondisk_luks2_copies(fd, &first, &second));
	CHECK_INT(first, COPY_NO_MAGIC);
	CHECK_INT(second, COPY_NO_MAGIC);
}

TEST(shorter_than_a_header)
{
	enum header_copy first, second;
	cleanup_close int fd = disk_with_both_copies();

	CHECK(ftruncate(fd, 5000) == 0);
	CHECK(ondisk_luks2_copies(fd, &first, &second));
	CHECK_INT(first, COPY_BAD_CHECKSUM);
	CHECK_INT(second, COPY_NO_MAGIC);
	CHECK(ftruncate(fd, 100) == 0);
	CHECK(!ondisk_luks2_copies(fd, &first, &second));
}

TEST(extent)
{
	cleanup_close int fd = disk_with_both_copies();

	CHECK_INT(ondisk_luks2_extent(fd), 2 * HEADER_SIZE);
	set_byte(fd, LUKS2_SIZE + 4, 1);
	CHECK_INT(ondisk_luks2_extent(fd), 2 * LUKS2_SIZE_MAX);
	set_byte(fd, 0, 0);
	CHECK_INT(ondisk_luks2_extent(fd), 2 * LUKS2_SIZE_MAX);
}

/* Of a good header no more is read than its copies; of a damaged one all that may hold the other.
 */
TEST(taken)
{
	cleanup_close int fd = disk_with_both_copies(), good = snapshot_new(1 << 20),
			  damaged = snapshot_new(1 << 20);
	enum header_copy first, second;
	bool magic = false;

	CHECK_INT(ondisk_luks2_take(good, fd, &magic, &first, &second), 0);
	CHECK(magic && first == COPY_OK && second == COPY_OK);
	CHECK(lseek(good, 2 * HEADER_SIZE, SEEK_DATA) < 0 && errno == ENXIO);
	set_byte(fd, 0, 0);
	CHECK_INT(ondisk_luks2_take(damaged, fd, &magic, &first, &second), 0);
	CHECK(magic && first == COPY_NO_MAGIC && second == COPY_OK);
	CHECK_INT(lseek(damaged, (1 << 20) - 4096, SEEK_DATA), (1 << 20) - 4096);
}

static void read_disk(int fd, unsigned char ret[static 1 << 20])
{
	CHECK(pread(fd, ret, 1 << 20, 0) == 1 << 20);
}

/* The bad copy is made good; nothing else on the disk changes, nor does the good one. */
TEST(repair)
{
	static const uint64_t damages[] = { 0, LUKS2_BIN_SIZE + 3, HEADER_SIZE,
					    HEADER_SIZE + 5000 };
	static unsigned char before[1 << 20], after[1 << 20];

	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		enum header_copy first, second;
		cleanup_close int fd = disk_with_both_copies(), snapshot = disk_with_both_copies();
		uint64_t bad = damages[i] / HEADER_SIZE * HEADER_SIZE;
		unsigned char *copy = after + bad;

		set_byte(fd, 0x90000, 1);
		set_byte(fd, damages[i], 0x55);
		set_byte(snapshot, damages[i], 0x55);
		read_disk(fd, before);
		CHECK_INT(ondisk_luks2_repair(snapshot, fd), 0);
		CHECK(ondisk_luks2_copies(fd, &first, &second));
		CHECK_INT(first, COPY_OK);
		CHECK_INT(second, COPY_OK);
		read_disk(fd, after);
		CHECK_INT(copy[LUKS2_OFFSET + 6], bad >> 8);
		CHECK(memcmp(before, after, bad) == 0);
		CHECK(memcmp(before + bad + HEADER_SIZE, after + bad + HEADER_SIZE,
			     sizeof(after) - bad - HEADER_SIZE) == 0);
		CHECK(memcmp(copy + LUKS2_BIN_SIZE, before + (HEADER_SIZE - bad) + LUKS2_BIN_SIZE,
			     HEADER_SIZE - LUKS2_BIN_SIZE) == 0);
	}
}

/* Nothing is written where there is nothing to repair, or where the judged copy is not any more. */
TEST(no_repair)
{
	static unsigned char before[1 << 20], after[1 << 20];
	cleanup_close int fd = disk_with_both_copies(), snapshot = disk_with_both_copies();

	read_disk(fd, before);
	CHECK_INT(ondisk_luks2_repair(snapshot, fd), -ENODATA);
	set_byte(snapshot, 0, 0);
	set_byte(snapshot, HEADER_SIZE, 0);
	CHECK_INT(ondisk_luks2_repair(snapshot, fd), -ENODATA);
	read_disk(fd, after);
	CHECK(memcmp(before, after, sizeof(after)) == 0);

	write_copy(snapshot, 0, first_magic);
	set_byte(fd, LUKS2_BIN_SIZE + 3, 0x55);
	read_disk(fd, before);
	CHECK_INT(ondisk_luks2_repair(snapshot, fd), -ESTALE);
	read_disk(fd, after);
	CHECK(memcmp(before, after, sizeof(after)) == 0);
	CHECK(ftruncate(fd, 100) == 0);
	CHECK_INT(ondisk_luks2_repair(snapshot, fd), -ENODATA);
}

TEST(size)
{
	cleanup_close int fd = disk_with_both_copies();

	CHECK_INT(ondisk_size(fd), 1 << 20);
	CHECK_INT(ondisk_size(-1), 0);
}

TEST_MAIN(extent, taken, repair, no_repair, size, superblock_of_a_real_disk,
	  superblock_of_an_unfinished_format, superblock_damaged, superblock_layouts,
	  superblock_of_a_standalone_device, superblock_while_tags_are_computed,
	  superblock_with_inline_tags, header_copies, no_header_at_all, shorter_than_a_header)
