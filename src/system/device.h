/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_device: block devices: which there are, what is on them, and when new ones come.
 * The only file that includes libblkid.
 */
#ifndef INTACT_SYSTEM_DEVICE_H
#define INTACT_SYSTEM_DEVICE_H
#include "facts/devref.h"

/* What libblkid and sysfs say about one device node. -ENOENT: no such node or not a block device;
 * -ENXIO: no medium. A read error is not an error here: type stays "". */
int device_probe(const char *node, struct device *ret);

/* Calls seen for every block device of the system that could hold a volume (not ram, not empty
 * loop, floppy or cdrom without medium). */
int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg);

/* A netlink socket with the kernel's own uevents (works with and without udevd) and, with udev,
 * udevd's word that it is done with one; non-blocking. Open it before device_scan, so that nothing
 * is missed between. */
int device_monitor_open(bool udev, int *ret_fd);
/*
 * Reads one uevent. Returns 1 and the node of a block device that came, changed or became usable
 * (node) or went away
 * (*ret_gone), 0 when there is nothing (more) to read or it was something else with *ret_gone
 * untouched, -EAGAIN when drained, -ENOBUFS when events were lost (scan again). *ret_udev (else
 * untouched): udevd is done with some device, so there may be new links.
 */
int device_monitor_read(int fd, char node[static 64], bool *ret_gone, bool *ret_udev);

/* The same for whatever comes with a driver to load: its bus ("pci", "virtio") and modalias. 1, 0
 * or a negative errno as above. */
int device_monitor_read_modalias(int fd, char *bus, size_t bus_size, char *modalias,
				 size_t modalias_size);

/* Device number a path leads to through symlinks, 0 when it is no block device. */
dev_t device_resolve(const char *path);
/* device_probe for what a link in /dev leads to. */
int device_probe_link(const char *path, struct device *ret);

/* Name of a file system, LVM or other signature in the given windows of a device, read by the
 * caller (so that libblkid cannot touch blocks that were never written): a sparse image of size
 * bytes in which only those windows have content. type: "" when none. */
struct device_window {
	uint64_t offset;
	const void *data;
	size_t len;
};
int device_signature(uint64_t size, const struct device_window *windows, size_t n, char *type,
		     size_t type_size);

/* Looks a mapping up in sysfs, no ioctl needed. 0 and its dm UUID ("CRYPT-LUKS2-…"), or -ENOENT. */
int device_mapping_uuid(const char *mapping, char *uuid, size_t size);

#endif
