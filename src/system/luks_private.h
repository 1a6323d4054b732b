/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks_private: the inside of struct luks, for the files luks*.c only.
 */
#ifndef INTACT_SYSTEM_LUKS_PRIVATE_H
#define INTACT_SYSTEM_LUKS_PRIVATE_H

#include "facts/disk.h"

#include <libcryptsetup.h>

struct luks {
	struct crypt_device *cd;
	char node[64];	 /* the data device */
	int snapshot;	 /* of the header and the key material: all that cd reads; -1: another's */
	int header;	 /* where it was taken from */
	int disk;	 /* the data device; may be the same fd */
	char error[256]; /* libcryptsetup's last error message */
};

/* With no file open. */
struct luks *luks_new(const char *node);
/* Loads the header from a snapshot or a disk. 0 or a negative errno; *ret is to be freed then, too.
 */
int luks_load(struct crypt_device **ret, int from, struct luks *luks);
/* The same file with O_DIRECT, so that what is on the disk is read, not what another program left
 * in the page cache; or -1. */
int luks_open_direct(int fd);
/* Is the JSON of the two headers the same text? */
bool luks_same_header(struct crypt_device *a, struct crypt_device *b);
bool luks_is_block(int fd);

#endif
