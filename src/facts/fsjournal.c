/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/fsjournal.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

/* --- ext4: Documentation/filesystems/ext4/super.rst, ifork.rst ---------------------------------
 */

#define EXT4_SUPER 1024
#define EXT4_MAGIC 0x38
#define EXT4_LOG_BLOCK_SIZE 0x18
#define EXT4_JOURNAL_TYPE 0xfd
#define EXT4_JOURNAL_COPY 0x10c /* of the journal inode's i_block */
#define EXTENT_MAGIC 0xf30a
#define EXTENT_BYTES 12
#define UNWRITTEN_LEN 0x8000

static bool add(uint64_t block, uint64_t blocks, uint64_t size, struct fsjournal *ret)
{
	if (block > UINT64_MAX / size || blocks > UINT64_MAX / size ||
	    block * size > UINT64_MAX - blocks * size || blocks == 0)
		return false;
	*ret = (struct fsjournal){ .from = block * size, .len = blocks * size };
	return true;
}

static size_t read_ext4(const unsigned char *super, struct fsjournal *ret)
{
	const unsigned char *tree = super + EXT4_JOURNAL_COPY;
	unsigned shift = (unsigned)get_le(super + EXT4_LOG_BLOCK_SIZE, 4);
	uint64_t count = get_le(tree + 2, 2);
	size_t n = 0;

	/* A tree with a depth has its extents in another block; an old journal has no extents. */
	if (super[EXT4_JOURNAL_TYPE] != 1 || shift > 6 || get_le(tree, 2) != EXTENT_MAGIC ||
	    get_le(tree + 6, 2) != 0 || count > FSJOURNAL_MAX)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const unsigned char *extent = tree + EXTENT_BYTES * (i + 1);
		uint64_t len = get_le(extent + 4, 2);
		uint64_t block = get_le(extent + 6, 2) << 32 | get_le(extent + 8, 4);

		if (len <= UNWRITTEN_LEN && add(block, len, UINT64_C(1024) << shift, &ret[n]))
			n++;
	}
	return n;
}

/* --- XFS: xfs_format.h ------------------------------------------------------------------------ */

#define XFS_BLOCK_SIZE 4
#define XFS_LOG_START 48
#define XFS_AG_BLOCKS 84
#define XFS_LOG_BLOCKS 96
#define XFS_AG_BLOCK_LOG 124

static size_t read_xfs(const unsigned char *super, struct fsjournal *ret)
{
	uint64_t size = get_be(super + XFS_BLOCK_SIZE, 4), start = get_be(super + XFS_LOG_START, 8);
	uint64_t group_blocks = get_be(super + XFS_AG_BLOCKS, 4);
	unsigned shift = super[XFS_AG_BLOCK_LOG];

	/* A log without a start is on another device. */
	if (start == 0 || shift == 0 || shift > 31 || size < 512 || size > 65536 ||
	    start >> shift > UINT32_MAX)
		return 0;
	start = (start >> shift) * group_blocks + (start & ((UINT64_C(1) << shift) - 1));
	return add(start, get_be(super + XFS_LOG_BLOCKS, 4), size, ret) ? 1 : 0;
}

size_t fsjournal_read(const unsigned char start[static FSJOURNAL_START],
		      struct fsjournal ret[static FSJOURNAL_MAX])
{
	if (memcmp(start, "XFSB", 4) == 0)
		return read_xfs(start, ret);
	if (get_le(start + EXT4_SUPER + EXT4_MAGIC, 2) == 0xef53)
		return read_ext4(start + EXT4_SUPER, ret);
	return 0;
}
