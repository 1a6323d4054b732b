/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/readback.h"

#include "base/util.h"
#include "system/device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

/* Bytes per read: one sector, where the sectors of dm-integrity are largest. */
#define BLOCK 4096

/* Offsets of superblocks: 0 for ext, XFS, F2FS, LVM2, swap and LUKS; 4096 for md 1.2 and bcachefs;
 * 65536 for btrfs. */
static const uint64_t places[] = { 0, 4096, 65536 };

/* The first 512-byte sector that cannot be read in the block at offset: on volumes with 512-byte
 * sectors, each sector has its own tag. */
static uint64_t failing_sector(int fd, unsigned char *buf, uint64_t offset, size_t sector_size)
{
	for (uint64_t at = offset; at < offset + BLOCK; at += sector_size)
		if (pread(fd, buf, sector_size, (off_t)at) < 0)
			return at / 512;
	return offset / 512;
}

void readback(const char *node, struct opened *ret)
{
	static unsigned char blocks[ARRAY_SIZE(places)][BLOCK] __attribute__((aligned(BLOCK)));
	static unsigned char scratch[BLOCK] __attribute__((aligned(BLOCK)));
	struct device_window windows[ARRAY_SIZE(places)];
	/* O_DIRECT, because read-ahead would read blocks that were perhaps never written. */
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC | O_DIRECT);
	uint64_t size = 0;
	int sector_size = 512;
	size_t n = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0) {
		ret->read_failed = true;
		ret->read_err = errno;
		return;
	}
	(void)ioctl(fd, BLKSSZGET, &sector_size);
	for (size_t i = 0; i < ARRAY_SIZE(places) && places[i] + BLOCK <= size && !ret->type[0];
	     i++) {
		if (pread(fd, blocks[i], BLOCK, (off_t)places[i]) < 0) {
			int err = errno;

			if (!ret->read_failed) {
				ret->read_failed = true;
				ret->read_err = err;
				ret->read_sector = failing_sector(fd, scratch, places[i],
								  (size_t)sector_size);
			}
			continue;
		}
		windows[n++] = (struct device_window){ .offset = places[i],
						       .data = blocks[i],
						       .len = BLOCK };
		if (device_signature(size, windows, n, ret->type, sizeof(ret->type)) < 0)
			ret->type[0] = '\0';
	}
	explicit_bzero(blocks, sizeof(blocks));
}
