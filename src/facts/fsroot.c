/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/fsroot.h"

#include "base/bytes.h"
#include "base/util.h"

/* fs/ext4/ext4.h, struct ext4_super_block. Also ext2's and ext3's. */
static bool read_ext4(const unsigned char *sb, struct fsroot *ret)
{
	if (get_le(sb + 0x38, 2) != 0xef53)
		return false;
	memcpy(ret->uuid, sb + 0x68, sizeof(ret->uuid));
	ret->order[0] = get_le(sb + 0x178, 8);				  /* s_kbytes_written */
	ret->order[1] = get_le(sb + 0x34, 2);				  /* s_mnt_count */
	ret->order[2] = get_le(sb + 0x30, 4) | (uint64_t)sb[0x274] << 32; /* s_wtime */
	return true;
}

/* fs/btrfs/btrfs_tree.h, struct btrfs_super_block. */
static bool read_btrfs(const unsigned char *sb, struct fsroot *ret)
{
	if (memcmp(sb + 0x40, "_BHRfS_M", 8) != 0)
		return false;
	memcpy(ret->uuid, sb + 0x20, sizeof(ret->uuid));
	ret->order[0] = get_le(sb + 0x48, 8);
	return true;
}

/* fs/xfs/libxfs/xfs_format.h, struct xfs_dsb. Before version 5 it has no log number. */
static bool read_xfs(const unsigned char *sb, struct fsroot *ret)
{
	if (memcmp(sb, "XFSB", 4) != 0 || (get_be(sb + 0x64, 2) & 15) != 5)
		return false;
	memcpy(ret->uuid, sb + 0x20, sizeof(ret->uuid));
	ret->order[0] = get_be(sb + 0xf0, 8);
	return true;
}

/* lib/format_text/layout.h of LVM, struct label_header: in one of the first four sectors. */
static bool read_lvm2(const unsigned char *start, struct fsroot *ret)
{
	(void)ret;
	for (size_t i = 0; i < 4; i++, start += 512)
		if (memcmp(start, "LABELONE", 8) == 0 && memcmp(start + 24, "LVM2 001", 8) == 0)
			return true;
	return false;
}

static const struct {
	const char *type;
	bool (*read)(const unsigned char *superblock, struct fsroot *ret);
	struct fsroot_part part;
	bool final, binds;
} kinds[] = {
	/* First: it may lie on top of the remains of another one. */
	{ "btrfs", read_btrfs, { 64 << 10, 4096 }, true, true },
	{ "xfs", read_xfs, { 0, 512 }, false, false },
	{ "ext4", read_ext4, { 1024, 1024 }, true, false },
	{ "lvm2", read_lvm2, { 0, FSROOT_EXTENT }, true, false },
};

void fsroot_read(const unsigned char *start, size_t len, struct fsroot *ret,
		 struct fsroot_part *ret_part)
{
	struct fsroot root = { .type = "other" };
	struct fsroot_part part = { 0, len < FSROOT_EXTENT ? len : FSROOT_EXTENT };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].part.offset + kinds[i].part.len > len ||
		    !kinds[i].read(start + kinds[i].part.offset, &root))
			continue;
		str_copy(root.type, sizeof(root.type), kinds[i].type);
		part = kinds[i].part;
		break;
	}
	*ret = root;
	*ret_part = part;
}

/* Kilobytes ever written only grow, but stand still while it is mounted; a check sets the number of
 * mounts to zero, and a clock may be wrong. What was there before is older in both. */
static enum fsroot_age compare_ext4(const uint64_t *now, const uint64_t *then)
{
	if (now[0] != then[0])
		return now[0] > then[0] ? FSROOT_NEWER : FSROOT_OLDER;
	if (now[1] <= then[1] && now[2] <= then[2])
		return now[1] == then[1] && now[2] == then[2] ? FSROOT_UNDATED : FSROOT_OLDER;
	return FSROOT_NEWER;
}

/* Records of before LVM was told from others have it as "other", with the same digest. */
static bool is_of_type(const struct fsroot *now, const char *then)
{
	return str_eq(now->type, then) || (str_eq(now->type, "lvm2") && str_eq(then, "other"));
}

enum fsroot_age fsroot_compare(const struct fsroot *now, const struct fsroot *then)
{
	if (!is_of_type(now, then->type) || memcmp(now->uuid, then->uuid, sizeof(now->uuid)) != 0)
		return FSROOT_FOREIGN;
	if (memcmp(now->digest, then->digest, sizeof(now->digest)) == 0 &&
	    memcmp(now->order, then->order, sizeof(now->order)) == 0)
		return FSROOT_SAME;
	if (str_eq(now->type, "other") || str_eq(now->type, "lvm2"))
		return FSROOT_UNDATED;
	if (str_eq(now->type, "ext4"))
		return compare_ext4(now->order, then->order);
	if (now->order[0] == then->order[0])
		return FSROOT_UNDATED;
	return now->order[0] > then->order[0] ? FSROOT_NEWER : FSROOT_OLDER;
}

static int kind_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].type, type))
			return (int)i;
	return -1;
}

bool fsroot_type_known(const char *type)
{
	return kind_of(type) >= 0 || str_eq(type, "other");
}

bool fsroot_is_final(const struct fsroot *root)
{
	int kind = kind_of(root->type);

	return kind >= 0 && kinds[kind].final;
}

bool fsroot_binds_blocks(const struct fsroot *root)
{
	int kind = kind_of(root->type);

	return kind >= 0 && kinds[kind].binds;
}
