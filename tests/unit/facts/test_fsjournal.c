/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where superblocks say that the journal is. */
#include "facts/fsjournal.h"

#include "base/bytes.h"
#include "base/util.h"
#include "test.h"

static unsigned char start[FSJOURNAL_START];
static struct fsjournal pieces[FSJOURNAL_MAX];

/* ext4 with blocks of 4096 bytes; extent i is at 0x10c + 12 (i + 1). */
static void make_ext4(unsigned extents)
{
	unsigned char *super = start + 1024, *tree = super + 0x10c;

	memset(start, 0, sizeof(start));
	put_le(super + 0x38, 0xef53, 2);
	put_le(super + 0x18, 2, 4);
	super[0xfd] = 1;
	put_le(tree, 0xf30a, 2);
	put_le(tree + 2, extents, 2);
	for (unsigned i = 0; i < extents && i < 4; i++) {
		put_le(tree + 12 * (i + 1) + 4, 1024, 2);
		put_le(tree + 12 * (i + 1) + 6, 1, 2);
		put_le(tree + 12 * (i + 1) + 8, 100 + 2000 * i, 4);
	}
}

static void make_xfs(uint64_t log_start)
{
	memset(start, 0, sizeof(start));
	memcpy(start, "XFSB", 4);
	put_be(start + 4, 4096, 4);
	put_be(start + 48, log_start, 8);
	put_be(start + 84, 50000, 4);
	put_be(start + 96, 2560, 4);
	start[124] = 16;
}

TEST(ext4)
{
	make_ext4(2);
	CHECK_INT(fsjournal_read(start, pieces), 2);
	CHECK(pieces[0].from == ((UINT64_C(1) << 32) + 100) * 4096 && pieces[0].len == 4 << 20);
	CHECK(pieces[1].from == ((UINT64_C(1) << 32) + 2100) * 4096);
	/* None, another way of mapping, a tree with a depth, too many, no copy of the inode. */
	make_ext4(0);
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_ext4(1);
	start[1024 + 0x10c] = 0;
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_ext4(1);
	start[1024 + 0x10c + 6] = 1;
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_ext4(5);
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_ext4(1);
	start[1024 + 0xfd] = 0;
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_ext4(1);
	start[1024 + 0x18] = 7;
	CHECK_INT(fsjournal_read(start, pieces), 0);
}

TEST(xfs)
{
	/* Block 6 of the second allocation group. */
	make_xfs(1 << 16 | 6);
	CHECK_INT(fsjournal_read(start, pieces), 1);
	CHECK(pieces[0].from == UINT64_C(50006) * 4096 && pieces[0].len == 2560 * 4096);
	/* On another device; and numbers that are none. */
	make_xfs(0);
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_xfs(UINT64_MAX);
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_xfs(6);
	start[124] = 64;
	CHECK_INT(fsjournal_read(start, pieces), 0);
	make_xfs(6);
	put_be(start + 96, 0, 4);
	CHECK_INT(fsjournal_read(start, pieces), 0);
}

TEST(something_else)
{
	memset(start, 0, sizeof(start));
	CHECK_INT(fsjournal_read(start, pieces), 0);
	memset(start, 0xff, sizeof(start));
	CHECK_INT(fsjournal_read(start, pieces), 0);
}

TEST_MAIN(ext4, xfs, something_else)
