/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_block: which block device a name means, as /dev and sysfs show it.
 *
 * Reads the system, decides nothing.  Every function takes a sysroot: a folder that stands before
 * /proc, /sys and /dev, "" but in tests.  Devices are named as sysfs names them: "vda2", "dm-1",
 * "cciss!c0d0".
 */
#ifndef INTACT_SYSTEM_BLOCK_H
#define INTACT_SYSTEM_BLOCK_H
#include "facts/devref.h"
#include "facts/stack.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_CLASS "/sys/class/block"

/*
 * The device a user's name means, through the links of udev or device nodes.  What only libblkid
 * could tell is not looked for: probing an integrity device would read blocks that were perhaps
 * never written.  -ENOENT: not here.
 */
int block_resolve(const char *sysroot, const struct devref *ref,
		  char device[static BLOCK_NAME_MAX]);
/* "vda2" -> "/dev/vda2" and back, by the device node's name. */
void block_node(const char *device, char node[static 64]);
int block_device(const char *sysroot, const char *node, char device[static BLOCK_NAME_MAX]);
/* "254:1", as /sys/power/resume has it. -ENOENT: no such device (also for "0:0"). */
int block_by_number(const char *sysroot, const char *number, char device[static BLOCK_NAME_MAX]);
/* Name of the mapping that a dm device is, "" for other devices; libdevmapper's \xhh undone. */
void block_mapping_name(const char *sysroot, const char *device, char name[static 128]);

/* First line of a file in the device's folder of sysfs ("dm/uuid"); is there such a file? */
int block_attribute(const char *sysroot, const char *device, const char *file, char *buf,
		    size_t size);
bool block_has(const char *sysroot, const char *device, const char *file);
/* The last part of a path that a symbolic link of sysfs or /dev leads to. */
int block_link_name(const char *path, char device[static BLOCK_NAME_MAX]);

#endif
