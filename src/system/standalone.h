/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone: opens a dm-integrity device without LUKS: the disk is claimed, its superblock is read
 * from the claimed disk, and the device is made on it.
 */
#ifndef INTACT_SYSTEM_STANDALONE_H
#define INTACT_SYSTEM_STANDALONE_H

#include "facts/standalone.h"

/* Disks that nothing else uses while they are open here. */
struct standalone_disks {
	int source, data;			 /* data is -1 without a disk of its own */
	uint64_t source_size, data_size;	 /* bytes; 0: not known */
	char source_number[24], data_number[24]; /* "254:0" */
	bool readonly;
	struct superblock superblock;
};
#define STANDALONE_DISKS_NONE ((struct standalone_disks){ .source = -1, .data = -1 })

/* data: NULL for none. 0; -EBUSY: something uses one of them; or another negative errno. */
int standalone_claim(const char *source, const char *data, struct standalone_disks *ret);
void standalone_unclaim(struct standalone_disks *disks);

/* Reads a key file and writes it in hexadecimal, to be wiped. NULL, or why it cannot be used. */
const char *standalone_key(const char *path, char ret[static 2 * STANDALONE_KEY_MAX + 1]);

/* Makes NAME; gives the claims up. key: in hexadecimal, or NULL. 0; -EBUSY: the name is taken, or
 * another program took a disk; or another negative errno. Does not wait for udev. */
int standalone_make(const struct standalone *s, const char *key, struct standalone_disks *disks);

/* Can any block be read of those where others have their superblocks? False: each has another
 * checksum than the tag on the disk. Only blocks in the first limit bytes are read: the kernel does
 * not compare those that it computes tags for. */
bool standalone_readable(const char *name, uint64_t limit);

/* The open device NAME stands on this disk: 1; on another, or is no dm-integrity: 0; there is none:
 * -ENOENT. */
int standalone_is_open(const char *name, dev_t source);
/* How many blocks had another checksum than the tag on the disk since it was opened. */
bool standalone_mismatches(const char *name, uint64_t *ret);

#endif
