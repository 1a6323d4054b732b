/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block: which block device a name means, and what sysfs shows of it. Decides nothing.
 *
 * sysroot is a folder that stands before /proc, /sys and /dev: "" except in tests. Devices are
 * named as in sysfs: "vda2", "dm-1", "cciss!c0d0".
 */
#ifndef INTACT_SYSTEM_BLOCK_H
#define INTACT_SYSTEM_BLOCK_H

#include "facts/devref.h"
#include "facts/stack.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_CLASS "/sys/class/block"
#define BLOCK_DM_UUID_MAX 160 /* the kernel's limit, DM_UUID_LEN, is 129 */

/*
 * The device that a user's name means, found through udev's links or device nodes. Never probes a
 * disk as libblkid would: on an integrity device, that may read blocks that were never written.
 * -ENOENT: no such device here.
 */
int block_resolve(const char *sysroot, const struct devref *ref,
		  char device[static BLOCK_NAME_MAX]);
/* "cciss!c0d0" to "/dev/cciss/c0d0"; false, with node "", when the name is too long. */
bool block_node(const char *device, char node[static 64]);
/* The reverse, for any path to a device node. -ENOENT: not a block device. */
int block_device(const char *sysroot, const char *node, char device[static BLOCK_NAME_MAX]);
/* The device with a number, "254:1". -ENOENT: no such device, also for "0:0". */
int block_by_number(const char *sysroot, const char *number, char device[static BLOCK_NAME_MAX]);
/* The device of a mapping, by its name with or without libdevmapper's \xhh. */
int block_by_mapping(const char *sysroot, const char *name, char device[static BLOCK_NAME_MAX]);
/* The mapping's name, libdevmapper's \xhh undone; "" when the device is not a mapping. */
void block_mapping_name(const char *sysroot, const char *device, char name[static 128]);

/* The first line of a file in the device's folder in sysfs ("dm/uuid"). 0 or a negative errno. */
int block_attribute(const char *sysroot, const char *device, const char *file, char *buf,
		    size_t size);
/* Whether there is such a file. */
bool block_has(const char *sysroot, const char *device, const char *file);
/* The last part of the path to which a symbolic link in sysfs or /dev leads. */
int block_link_name(const char *path, char device[static BLOCK_NAME_MAX]);

/*
 * False for RAM disks and floppies, for devices of no size, and for the mappings of an open LUKS or
 * plain dm-crypt volume. Opening those is useless; reading NAME_dif or NAME may meet blocks that
 * were never written, and the kernel reports each of them as an integrity error.
 */
bool block_may_hold_volume(const char *sysroot, const char *device);

#endif
