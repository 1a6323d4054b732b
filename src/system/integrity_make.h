/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * integrity_make: makes a disk a standalone dm-integrity device, through libcryptsetup, and opens
 * it.
 */
#ifndef INTACT_SYSTEM_INTEGRITY_MAKE_H
#define INTACT_SYSTEM_INTEGRITY_MAKE_H

#define INTEGRITY_MAKE_ERROR 256

struct integrity_make {
	const char *node;      /* of the disk; nothing may use it */
	const char *algorithm; /* without a key: "crc32c" */
	unsigned sector_size;  /* bytes; each of them gets a checksum */
	const char *name;      /* of the mapping, which only this program uses */
};

/*
 * The kernel writes the superblock and an empty journal, and begins to compute the checksums of
 * what is on the disk; it goes on with that whenever the device is open. Afterwards the mapping is
 * there. 0; -EBUSY: something uses the disk; or another negative errno. Then libcryptsetup's
 * message is in error.
 */
int integrity_make(const struct integrity_make *make, char error[static INTEGRITY_MAKE_ERROR]);

#endif
