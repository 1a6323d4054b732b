/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsroot: the place of an opened volume that stands for all that is on it: the superblock of its
 * file system, as far as that tells an older state from a newer one.
 *
 * btrfs's superblock binds every metadata block and all data with checksums. Those of ext4 and XFS
 * bind only themselves: they date the whole image, not single blocks of it.
 */
#ifndef INTACT_FACTS_FSROOT_H
#define INTACT_FACTS_FSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSROOT_ORDERS 3
#define FSROOT_DIGEST 32
/* As much of the volume, from its start, as fsroot_read() looks at. */
#define FSROOT_EXTENT (128 << 10)

struct fsroot {
	/* "ext4", "btrfs", "xfs", "lvm2"; "other": nothing that this program knows */
	char type[16];
	unsigned char uuid[16]; /* of the file system; zero with "lvm2" and "other" */
	/* btrfs: the generation; ext4: kilobytes ever written, mounts, time of writing; XFS: the
	 * number of the last log record. Zero where there is none. */
	uint64_t order[FSROOT_ORDERS];
	unsigned char digest[FSROOT_DIGEST]; /* SHA-256 of the part that fsroot_read() names */
};

/* The bytes that the digest is made of. */
struct fsroot_part {
	size_t offset, len;
};

/* Looks at the first len bytes of a volume, at most FSROOT_EXTENT of which count. Sets all of *ret
 * but the digest. */
void fsroot_read(const unsigned char *start, size_t len, struct fsroot *ret,
		 struct fsroot_part *ret_part);

/* How one state compares with one that was seen before. */
enum fsroot_age {
	FSROOT_SAME,
	FSROOT_NEWER,
	FSROOT_OLDER,
	FSROOT_UNDATED, /* differs, and nothing tells which one is newer */
	FSROOT_FOREIGN, /* another file system */
};

enum fsroot_age fsroot_compare(const struct fsroot *now, const struct fsroot *then);

/* Is the superblock after a clean end, byte for byte, the one that the next boot finds? Not with
 * XFS, whose superblock even a read-only mount writes again, nor with what is not known: md and ZFS
 * write to the start of their devices when the last program has ended. */
bool fsroot_is_final(const struct fsroot *root);

/* Is it a type that fsroot_read() sets? */
bool fsroot_type_known(const char *type);

/* Does the superblock bind every block of metadata, and all data with checksums? */
bool fsroot_binds_blocks(const struct fsroot *root);

#endif
