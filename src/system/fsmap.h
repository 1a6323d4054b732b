/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsmap: what a mounted file system says of every block of its device (ext4, XFS; FS_IOC_GETFSMAP),
 * and which file reaches some of them (FIEMAP).
 */
#ifndef INTACT_SYSTEM_FSMAP_H
#define INTACT_SYSTEM_FSMAP_H

#include "facts/areas.h"

#include <sys/types.h>

enum fsmap_use {
	FSMAP_FREE,
	FSMAP_METADATA,
	FSMAP_JOURNAL,
	FSMAP_USED, /* by a file, or by metadata that the file system does not tell apart */
};

/*
 * Calls seen() for the parts of the areas on the device, in any order; the part's inode is set
 * where the file system knows it, and at is then its place in that file. fd is any file or folder
 * there. 0 or a negative errno: this file system has no such map.
 */
int fsmap_read(int fd, dev_t device, const struct areas *areas,
	       void (*seen)(void *arg, const struct area *part, enum fsmap_use use, uint64_t at),
	       void *arg);

/*
 * Calls seen() for the parts of the areas that the file's content is in; at is their place in the
 * file. Nothing for a file that is not on the file system's main device.
 */
void fsmap_file(int fd, const struct areas *areas,
		void (*seen)(void *arg, const struct area *part, bool unwritten, uint64_t at),
		void *arg);

#endif
