/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/fsroot.h"
#include "test.h"

static unsigned char volume[FSROOT_EXTENT];

static void put(size_t at, uint64_t n, size_t bytes, bool big)
{
	for (size_t i = 0; i < bytes; i++)
		volume[at + (big ? bytes - 1 - i : i)] = (unsigned char)(n >> 8 * i);
}

static struct fsroot read_all(size_t len, struct fsroot_part *ret_part)
{
	struct fsroot root;

	fsroot_read(volume, len, &root, ret_part);
	return root;
}

static void make_ext4(uint64_t kilobytes, unsigned mounts, uint64_t time)
{
	memset(volume, 0, sizeof(volume));
	put(1024 + 0x38, 0xef53, 2, false);
	put(1024 + 0x178, kilobytes, 8, false);
	put(1024 + 0x34, mounts, 2, false);
	put(1024 + 0x30, time, 4, false);
	volume[1024 + 0x274] = (unsigned char)(time >> 32);
	memset(volume + 1024 + 0x68, 0xab, 16);
}

TEST(ext4)
{
	struct fsroot_part part;
	struct fsroot root;

	make_ext4(8812, 41, 0x169999999);
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "ext4");
	CHECK_INT(root.order[0], 8812);
	CHECK_INT(root.order[1], 41);
	CHECK_INT(root.order[2], 0x169999999);
	CHECK_INT(root.uuid[0], 0xab);
	CHECK_INT(root.uuid[15], 0xab);
	CHECK(part.offset == 1024 && part.len == 1024);
	/* Too little was read to tell. */
	root = read_all(2047, &part);
	CHECK_STR(root.type, "other");
	CHECK(part.offset == 0 && part.len == 2047);
}

TEST(btrfs)
{
	struct fsroot_part part;
	struct fsroot root;

	/* On what was ext4 before. */
	make_ext4(1, 1, 1);
	memcpy(volume + (64 << 10) + 0x40, "_BHRfS_M", 8);
	put((64 << 10) + 0x48, 1234567, 8, false);
	memset(volume + (64 << 10) + 0x20, 7, 16);
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "btrfs");
	CHECK_INT(root.order[0], 1234567);
	CHECK_INT(root.order[1], 0);
	CHECK_INT(root.uuid[3], 7);
	CHECK(part.offset == 64 << 10 && part.len == 4096);
	CHECK(fsroot_binds_blocks(&root) && fsroot_is_final(&root));
}

TEST(xfs)
{
	struct fsroot_part part;
	struct fsroot root;

	memset(volume, 0, sizeof(volume));
	memcpy(volume, "XFSB", 4);
	put(0x64, 0xb4a5, 2, true);
	put(0xf0, 0x300000012, 8, true);
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "xfs");
	CHECK_INT(root.order[0], 0x300000012);
	CHECK(part.offset == 0 && part.len == 512);
	CHECK(!fsroot_binds_blocks(&root) && !fsroot_is_final(&root));
	/* Version 4 has no number of the log. */
	put(0x64, 0xb4a4, 2, true);
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "other");
	CHECK(part.offset == 0 && part.len == FSROOT_EXTENT);
}

TEST(other)
{
	struct fsroot_part part;
	struct fsroot root;

	memset(volume, 0x5a, sizeof(volume));
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "other");
	CHECK_INT(root.order[0], 0);
	CHECK_INT(root.uuid[0], 0);
	CHECK(part.offset == 0 && part.len == FSROOT_EXTENT);
	/* md and ZFS write to it after the last program. */
	CHECK(!fsroot_binds_blocks(&root) && !fsroot_is_final(&root));
	root = read_all(0, &part);
	CHECK(part.offset == 0 && part.len == 0);
	CHECK(fsroot_type_known("other") && fsroot_type_known("xfs"));
	CHECK(!fsroot_type_known("") && !fsroot_type_known("ext4\"") && !fsroot_type_known("ntfs"));
}

TEST(lvm2)
{
	struct fsroot_part part;
	struct fsroot root, before;

	for (size_t sector = 0; sector < 5; sector++) {
		memset(volume, 0, sizeof(volume));
		memcpy(volume + sector * 512, "LABELONE", 8);
		memcpy(volume + sector * 512 + 24, "LVM2 001", 8);
		root = read_all(sizeof(volume), &part);
		CHECK_STR(root.type, sector < 4 ? "lvm2" : "other");
		CHECK(part.offset == 0 && part.len == FSROOT_EXTENT);
		CHECK(fsroot_is_final(&root) == (sector < 4) && !fsroot_binds_blocks(&root));
	}
	memcpy(volume + 512, "LABELONE", 8);
	root = read_all(sizeof(volume), &part);
	CHECK_STR(root.type, "other");
	/* A record of before it was told apart; not the other way round. */
	before = root;
	str_copy(root.type, sizeof(root.type), "lvm2");
	CHECK(fsroot_compare(&root, &before) == FSROOT_SAME);
	CHECK(fsroot_compare(&before, &root) == FSROOT_FOREIGN);
	root.digest[0] ^= 1;
	CHECK(fsroot_compare(&root, &before) == FSROOT_UNDATED);
}

TEST(ages)
{
	static const struct {
		const char *row, *type;
		uint64_t then[3], now[3];
		unsigned char digest;
		enum fsroot_age age;
	} rows[] = {
		{ "the same", "ext4", { 9, 2, 5 }, { 9, 2, 5 }, 0, FSROOT_SAME },
		{ "same numbers", "ext4", { 9, 2, 5 }, { 9, 2, 5 }, 1, FSROOT_UNDATED },
		{ "written", "ext4", { 9, 2, 5 }, { 10, 2, 5 }, 1, FSROOT_NEWER },
		{ "checked", "ext4", { 9, 20, 5 }, { 10, 0, 6 }, 1, FSROOT_NEWER },
		{ "checked, nothing written", "ext4", { 9, 20, 5 }, { 9, 0, 6 }, 1, FSROOT_NEWER },
		{ "mounted", "ext4", { 9, 2, 5 }, { 9, 3, 6 }, 1, FSROOT_NEWER },
		{ "mounted, clock back", "ext4", { 9, 2, 5 }, { 9, 3, 1 }, 1, FSROOT_NEWER },
		{ "older", "ext4", { 9, 2, 5 }, { 8, 9, 9 }, 1, FSROOT_OLDER },
		{ "before the mount", "ext4", { 9, 2, 5 }, { 9, 1, 4 }, 1, FSROOT_OLDER },
		{ "in the same mount", "ext4", { 9, 2, 5 }, { 9, 2, 4 }, 1, FSROOT_OLDER },
		{ "btrfs newer", "btrfs", { 9 }, { 10 }, 1, FSROOT_NEWER },
		{ "btrfs older", "btrfs", { 9 }, { 8 }, 1, FSROOT_OLDER },
		{ "btrfs forged", "btrfs", { 9 }, { 9 }, 1, FSROOT_UNDATED },
		{ "xfs older", "xfs", { 9 }, { 8 }, 1, FSROOT_OLDER },
		{ "lvm2", "lvm2", { 0 }, { 0 }, 1, FSROOT_UNDATED },
		{ "other", "other", { 0 }, { 0 }, 1, FSROOT_UNDATED },
		{ "other, the same", "other", { 0 }, { 0 }, 0, FSROOT_SAME },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fsroot then = { 0 }, now = { 0 };

		str_copy(then.type, sizeof(then.type), rows[i].type);
		str_copy(now.type, sizeof(now.type), rows[i].type);
		memcpy(then.order, rows[i].then, sizeof(then.order));
		memcpy(now.order, rows[i].now, sizeof(now.order));
		now.digest[31] = rows[i].digest;
		CHECK_ROW(fsroot_compare(&now, &then) == rows[i].age, rows[i].row);
		now.uuid[5] = 1;
		CHECK_ROW(fsroot_compare(&now, &then) == FSROOT_FOREIGN, rows[i].row);
		now.uuid[5] = 0;
		str_copy(now.type, sizeof(now.type), "zfs");
		CHECK_ROW(fsroot_compare(&now, &then) == FSROOT_FOREIGN, rows[i].row);
	}
}

TEST_MAIN(ext4, btrfs, xfs, other, lvm2, ages)
