/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/fsroot_read.h"

#include "base/util.h"
#include "system/sha256.h"

#include <fcntl.h>

#define BLOCK 4096

/* A block that was never written has no valid tag on some volumes: it counts as zeros. */
static int read_start(int fd, unsigned char *start, size_t *ret_len)
{
	size_t at;

	/* At once, unless a block of it cannot be read. */
	if (pread(fd, start, FSROOT_EXTENT, 0) == FSROOT_EXTENT) {
		*ret_len = FSROOT_EXTENT;
		return 0;
	}
	for (at = 0; at < FSROOT_EXTENT; at += BLOCK) {
		ssize_t n = pread(fd, start + at, BLOCK, (off_t)at);

		if (n < 0 && errno != EILSEQ && errno != EIO)
			return neg_errno();
		if (n < 0)
			memset(start + at, 0, BLOCK);
		if (n >= 0 && n < BLOCK) {
			at += (size_t)n;
			break;
		}
	}
	*ret_len = at;
	return 0;
}

int fsroot_read_node(const char *node, struct fsroot *ret)
{
	static unsigned char start[FSROOT_EXTENT] __attribute__((aligned(BLOCK)));
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC | O_DIRECT);
	struct fsroot root;
	struct fsroot_part part;
	size_t len = 0;
	int r = fd < 0 ? neg_errno() : 0;

	memset(start, 0, sizeof(start));
	if (r == 0)
		r = read_start(fd, start, &len);
	if (r == 0) {
		fsroot_read(start, len, &root, &part);
		r = sha256(start + part.offset, part.len, root.digest) ? 0 : -EIO;
	}
	explicit_bzero(start, sizeof(start));
	if (r == 0)
		*ret = root;
	return r;
}
