/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device: the block devices there are, and what libblkid finds on them. The only file that includes
 * libblkid.
 */
#ifndef INTACT_SYSTEM_DEVICE_H
#define INTACT_SYSTEM_DEVICE_H

#include "facts/devref.h"

/*
 * What libblkid, sysfs and udev's database know about one device node. -ENOENT: no such node, or
 * not a block device; -ENXIO: no medium in it. A read error is not reported: type stays "". Waits
 * as long as the device does not answer, perhaps for ever; SIGKILL does not end that.
 */
int device_probe(const char *node, struct device *ret);
/* Returns when the device has answered a read of its first block, past the page cache. */
void device_answers(const char *node);

/* Reads again what uses the device, from sysfs alone. */
void device_refresh(struct device *dev);

/* Calls seen for every block device that could hold a volume (block_may_hold_volume). Reads none of
 * them. */
int device_list(void (*seen)(void *arg, const char *node), void *arg);
/* The same, probing each; without those that are empty: a drive without a medium. */
int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg);

/* The number of the device to which a path leads, through symbolic links; 0: not a block device. */
dev_t device_resolve(const char *path);

/* A piece of a device's content. */
struct device_window {
	uint64_t offset; /* bytes */
	const void *data;
	size_t len;
};
/*
 * The name of the file system, LVM or other signature on a device of size bytes, of which only
 * these windows were read; "" when there is none. libblkid gets a sparse image with the windows in
 * it instead of the device, so that it cannot read blocks that were never written.
 */
int device_signature(uint64_t size, const struct device_window *windows, size_t n, char *type,
		     size_t type_size);

#endif
