/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * temporary: mappings of a volume that is not finished, for this program alone.
 *
 * The kernel wants dm-integrity's superblock at the start of the data. While a format is under way,
 * the record is there (facts/unfinished.h), so that nothing can open the volume. Therefore the
 * mapping stands on a device of two lines: first the block before the data, which has a second
 * superblock as long as the format takes (wipe_aside()); then all that comes after the record. No
 * other device is needed for it, and nothing that is lost when this program is killed.
 *
 *     disk     | header, keyslots … | second superblock | record | journal, areas …
 *     NAME_disk                     | superblock        |        | journal, areas …
 *     NAME_dif, NAME                                                        areas …
 *
 * All three end with this program, however it ends: the kernel removes each after its last use.
 */
#ifndef INTACT_INTACT_TEMPORARY_H
#define INTACT_INTACT_TEMPORARY_H

#include "base/secret.h"
#include "facts/disk.h"
#include "facts/layout.h"
#include "system/mapping.h"

#define TEMPORARY_PREFIX "intact-format-" /* of NAME, before the number of the process */
#define TEMPORARY_DISK "_disk"		  /* after NAME, of the device of two lines */
#define TEMPORARY_DIF "_dif"		  /* after NAME, as for every volume */
#define TEMPORARY_WHY 256

struct temporary {
	char name[64], below[72];
	char node[DMDEVICE_NODE_MAX]; /* of the device below */
	unsigned major, minor;	      /* its number */
	int below_fd;
	struct disk disk;
	struct mapping *mapping;
	int fd; /* NAME, exclusively, for reading and writing, past the page cache */
};

/* The name that this process gives to its mapping. */
void temporary_name(char *ret, size_t size);

/* The disk below. */
struct temporary_disk {
	int fd;	       /* the very disk that was judged */
	uint64_t size; /* bytes */
	int *claim;    /* keeps all others away; given up for the mapping, and -1 from then on */
};

/*
 * Opens the volume with this header and key, whose layout is the one given and whose second
 * superblock is in place. t must stay where it is until temporary_close(). 0; -EBUSY: another
 * program has taken the disk; -ENOTSUP: the kernel does not open it, for the reason in why; or
 * another negative errno. Then there is no mapping.
 */
int temporary_open(struct temporary *t, const struct temporary_disk *disk,
		   const struct layout *layout, const struct header *header,
		   const struct secret *key, char why[static TEMPORARY_WHY]);

/*
 * Would the kernel open such a volume? It gets the very tables, with a random key, on a device that
 * forgets what is written: no disk is needed. header: encryption, integrity and the sizes. 0, also
 * where the kernel has no such device; -ENOTSUP and why; or another negative errno.
 */
int temporary_try(const struct header *header, char why[static TEMPORARY_WHY]);

/* Removes the mappings. 0; or a negative errno: some of them are still there. Once more, or for one
 * that is all zero: does nothing. */
int temporary_close(struct temporary *t);

/* Has the kernel remove the mapping after its last use, and opens it until then. The fd, or a
 * negative errno. flags: of open(). */
int temporary_hold(const char *name, int flags);
/* Takes that back before the fd is closed, so that the mapping is removed by its name, and its node
 * with it. */
void temporary_unhold(int fd);

#endif
