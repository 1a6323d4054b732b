/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapping: the two device-mapper devices of a volume: NAME_dif (dm-integrity), and NAME (dm-crypt)
 * on top of it.
 *
 * libcryptsetup makes both at once, when it has the key. NAME_dif needs no key, and takes longer
 * (journal replay, udev): made here, it is ready by the time the passphrase is typed. Names, UUIDs,
 * tables and keys are those of libcryptsetup, so that `cryptsetup close` and other programs
 * recognise them.
 */
#ifndef INTACT_SYSTEM_MAPPING_H
#define INTACT_SYSTEM_MAPPING_H

#include "base/secret.h"
#include "facts/disk.h"
#include "facts/job.h"
#include "system/dmdevice.h"

#include <sys/types.h>

struct mapping;

/* What the mappings of a volume are made from; all pointers are the caller's and outlive the
 * struct mapping. */
struct mapping_spec {
	const char *name;
	const char *node; /* the data device */
	dev_t devno;	  /* of the device whose header was judged; node may be another by now */
	const struct disk *disk;
	unsigned options; /* set of enum dm_option */
};

/* Is everything known that is needed here? If not (inline tags, algorithms of the future),
 * only libcryptsetup can open the volume. */
bool mapping_possible(const struct disk *disk);

/*
 * Makes NAME_dif. Unless mapping_make_upper() follows, the kernel removes it when the last process
 * that inherited the mapping has ended, for whatever reason. Does not wait for udev. dm-integrity
 * writes only what it writes at every opening, the replay of its journal.
 *
 * A NAME_dif that is there already, that is what would be made, and that alone uses the disk is
 * taken over: an earlier instance left it behind.
 *
 * 0; -EBUSY: something else uses the disk; -ENODEV: node is not the disk that was judged; or
 * another negative errno. The disk is opened exclusively first; see dmdevice_make().
 */
int mapping_make_lower(const struct mapping_spec *spec, struct mapping **ret);

/*
 * Makes NAME, with the volume key. Does not wait for udev: /dev/mapper/NAME is there after
 * dmdevice_settle(). 0; -EBUSY: NAME exists already; or another negative errno.
 */
int mapping_make_upper(struct mapping *m, const struct secret *key);

/* What uses the disk: the name of a mapping or of another device, or "". */
void mapping_holder(const char *node, char holder[static 128]);

/*
 * Closes NAME_dif, which the kernel then removes unless NAME uses it. NULL is fine.
 *
 * With DM_OPTION_PRIVATE, and until this call, the kernel removes NAME_dif after its last use even
 * if NAME has been made: nothing stays of a process that is killed, provided that it had NAME open
 * and dmdevice_set_deferred_remove() set for it. Such a NAME is no LUKS2 volume to other programs.
 */
struct mapping *mapping_free(struct mapping *m);

/*
 * Removes NAME and NAME_dif, whoever made them; that there is none is fine. So are devices of
 * device-mapper that stand on NAME and that nothing uses, such as logical volumes: udev activates
 * them as soon as NAME is there, and that is before the disk is judged. When NAME is in use,
 * its table becomes one that fails every read and write, and the kernel removes it after the last
 * use: then 0 as well. Or a negative errno, and NAME may still be readable.
 */
int mapping_remove(const char *name);

/*
 * Reads the mapping name and its NAME_dif into the fields of *ret that are about them. node: NAME's
 * own node ("/dev/dm-1"), which exists before udev's link to it; "" when there is no such mapping,
 * or when reading it would wait for ever, because one of the two is suspended.
 */
void mapping_read(const char *name, struct opened *ret, char node[static DMDEVICE_NODE_MAX]);

#endif
