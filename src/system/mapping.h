/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_mapping: makes the two device-mapper devices of a volume, NAME_dif (dm-integrity) and NAME
 * (dm-crypt) on it, and looks at them.
 *
 * libcryptsetup makes them only together, with the key at hand. dm-integrity needs no key, and its
 * part takes the longer time (journal replay, udev): it is made while the passphrase is typed.
 * Names, UUIDs, tables and key are those of libcryptsetup, so that `cryptsetup close` and all
 * others know them. The only file that includes libdevmapper.
 */
#ifndef INTACT_SYSTEM_MAPPING_H
#define INTACT_SYSTEM_MAPPING_H
#include "base/secret.h"
#include "facts/disk.h"
#include "facts/job.h"

struct mapping;

/* A volume, as far as its mappings are concerned; all pointers are the caller's and outlive the
 * mapping. */
struct mapping_spec {
	const char *name;
	const char *node; /* the data device */
	const struct disk *disk;
	unsigned options; /* set of enum dm_option */
};

/* Does the disk tell all that is needed? If not (inline tags, algorithms of the future),
 * libcryptsetup has to open it. */
bool mapping_possible(const struct disk *disk);

/*
 * Makes NAME_dif. The kernel takes it away again when the last process that inherited the mapping
 * has ended, however it ended, unless mapping_open() came before. Does not wait for udev, either.
 * What dm-integrity writes meanwhile is what it writes at every opening: its journal's replay. 0;
 * -EBUSY: the disk is in use, or there is a NAME_dif; or another negative errno.
 */
int mapping_prepare(const struct mapping_spec *spec, struct mapping **ret);

/*
 * Makes NAME, with the volume key. Does not wait for udev: /dev/mapper/NAME is there after
 * mapping_settle(). 0; -EEXIST: there is a NAME; or another negative errno.
 */
int mapping_open(struct mapping *m, const struct secret *key);

/* Ends the mapping's hold: NAME_dif goes if nothing is on it. NULL is fine. */
struct mapping *mapping_free(struct mapping *m);

#define MAPPING_NODE_MAX 24

/*
 * What the kernel says of the mapping name and of NAME_dif, into the fields of *ret that are about
 * tables. node: NAME's own ("/dev/dm-1"), which is there before udev's link to it; "" without one.
 */
void mapping_read(const char *name, struct opened *ret, char node[static MAPPING_NODE_MAX]);

/* Waits until udev is done with everything made here, but not longer than it should take. */
void mapping_settle(void);
/* Whether udev did not answer in that time. */
bool mapping_udev_silent(void);

#endif
