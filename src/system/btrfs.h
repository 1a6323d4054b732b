/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btrfs: what is on some places of a device of a mounted btrfs, and the names of it. Only the
 * kernel's own answers: no tree is read from the disk.
 */
#ifndef INTACT_SYSTEM_BTRFS_H
#define INTACT_SYSTEM_BTRFS_H

#include "facts/areas.h"

#include <sys/types.h>

enum btrfs_use {
	BTRFS_FREE, /* or the rest of an extent that no file uses any more */
	BTRFS_METADATA,
	BTRFS_FILE,
	BTRFS_MIRRORED, /* a file, of which another copy is elsewhere (RAID 1, DUP) */
	BTRFS_DELETED,	/* a file without a name */
	BTRFS_STRIPED,	/* RAID 0, 10, 5 or 6: not followed */
	BTRFS_TOO_MANY, /* places: not looked at */
	BTRFS_ERROR,
};

/*
 * Calls seen() for the parts of the areas on the device. path is that of a file, from the top of
 * the whole file system ("/@root/etc/hosts"), at its place in the file; a file of several
 * subvolumes (snapshots) is seen several times. fd is any file or folder there. 0 or a negative
 * errno: nothing is known.
 */
int btrfs_read(int fd, dev_t device, const struct areas *areas,
	       void (*seen)(void *arg, const struct area *part, enum btrfs_use use,
			    const char *path, uint64_t at, uint64_t inode),
	       void *arg);

#endif
