/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign: bytes on another device, for a key or a header: of a file in its file system, or of the
 * device itself. Nothing on that device is trusted.
 *
 * These calls wait as long as the device does not answer, perhaps for ever; system/fetch.h runs
 * them in a process of their own.
 */
#ifndef INTACT_SYSTEM_FOREIGN_H
#define INTACT_SYSTEM_FOREIGN_H

#include "facts/place.h"

#include <stdint.h>

/* Which bytes: size of them from offset on, or (0) all to the end. */
struct extent {
	uint64_t offset, size;
	size_t max;	       /* more than that is refused */
	const char *too_large; /* the reason given then */
	const char *what;      /* "key" or "header" */
};

/* A whole header file. The most that the LUKS2 format allows: two copies of 4 MiB, and 128 MiB of
 * keyslots. */
#define HEADER_EXTENT                                                        \
	((struct extent){ .max = 136 << 20,                                  \
			  .too_large = "it is larger than any LUKS2 header", \
			  .what = "header" })

/* Where the reason for a failure goes: why it cannot be read, in a few words. */
#define FOREIGN_WHY 160

/*
 * In a process that ends soon after: mounts the file system on node read-only, without replaying a
 * journal, in a mount namespace of its own, and copies what extent says of the regular file into
 * buf, which has room for extent->max bytes. A symbolic link cannot lead out of the file system.
 * driver is filesystem_driver()'s. 0, or -1 and why.
 */
int foreign_read_file(const char *node, const char *driver, const char *path,
		      const struct extent *extent, void *buf, size_t *ret_len,
		      char why[static FOREIGN_WHY]);
/* The same for the bytes of a block device. */
int foreign_read_device(const char *node, const struct extent *extent, void *buf, size_t *ret_len,
			char why[static FOREIGN_WHY]);

/* What an open file must be to be read for a key: NULL, or why it cannot be (static). */
struct stat;
const char *foreign_judge(const struct stat *st, const struct extent *extent);

#endif
