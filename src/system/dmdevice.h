/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmdevice: one device of device-mapper with one target, in one line or two. dmdevice.c and
 * udev_wait.c are the only files that include libdevmapper.
 */
#ifndef INTACT_SYSTEM_DMDEVICE_H
#define INTACT_SYSTEM_DMDEVICE_H

#include "facts/dmtable.h"

#include <sys/types.h>

#define DMDEVICE_NODE_MAX 24

/* Does the running kernel have this target ("crypt") now? False also without device-mapper. */
bool dmdevice_has_target(const char *name);

struct dmdevice_spec {
	const char *name;
	const char *type; /* in the UUID: "CRYPT-TYPE-<uuid without dashes>-NAME" */
	const char *uuid; /* of the LUKS2 header; NULL: "CRYPT-TYPE-NAME" */
	const char *target;
	const char *params;
	uint64_t size; /* bytes */
	/* A second line of the same target after it, with these bytes; or NULL. */
	const char *more_params;
	uint64_t more_size;
	bool readonly;
	bool hidden; /* only another mapping uses it: udev makes no links and does not probe it */
	int *second; /* a second device below, opened in the same way and closed, too; or NULL */
};

/*
 * Makes the device on the device below, which was opened with O_EXCL as *below; *below is closed.
 *
 * All devices of device-mapper share one exclusive claim, so that the kernel would let two of them
 * use one disk, and two integrity devices on one disk destroy it. Therefore: *below proves that
 * nothing uses the disk; then the table is loaded, by which the kernel claims the disk for this
 * device; then sysfs must show this device as the disk's only user; and only then does the device
 * begin to work. If a second device came in between, this one is removed again.
 *
 * 0 and the number of the new device. -EBUSY: something else uses the device below, or the name is
 * taken; or another negative errno. Does not wait for udev.
 */
int dmdevice_make(const struct dmdevice_spec *spec, int *below, unsigned *ret_major,
		  unsigned *ret_minor);

/*
 * Makes a device on no disk that fails every read and write: other programs find the name taken.
 * Its kind is DMUUID_HELD. 0; -EBUSY: the name is taken already; or another negative errno. Does
 * not wait for udev.
 */
int dmdevice_hold(const char *name);

/* Makes the node of a device that another process made, where no udevd does. */
void dmdevice_make_node(const char *name);

/* Whether sysfs shows no device that uses the one below, but the mapping with this minor number. */
bool dmdevice_is_only_holder(dev_t below, unsigned minor);

/*
 * Has the kernel remove the device as soon as it is no longer open; cancel: no longer has it do so.
 * By number: given a name where no udevd runs, libdevmapper would remove the node at once, although
 * the device still exists.
 */
bool dmdevice_set_deferred_remove(unsigned major, unsigned minor, bool cancel);
/* 0; -EBUSY: it is in use; -ENXIO: there is none; or another negative errno. */
int dmdevice_remove(const char *name);
/* The kernel removes a device that is in use after the last use. */
void dmdevice_remove_later(const char *name);
/* As dmdevice_remove(); but a device that is in use gets a table that fails every read and write,
 * and the kernel removes it after the last use: 0 as well. */
int dmdevice_close(const char *name);

/* The state and the table of the device with this name; all zero when there is none. node is its
 * own node ("/dev/dm-1"), which exists before udev's link to it, or "". */
void dmdevice_read(const char *name, struct dm_layer *ret, char node[static DMDEVICE_NODE_MAX]);

/*
 * The line of the device's only target with this type, of `dmsetup table` or `dmsetup status`. The
 * kernel is not asked to write anything to disk first. False: there is no such device, or the line
 * does not fit.
 */
bool dmdevice_line(const char *name, const char *target, bool status, char *ret, size_t size);

/* Calls seen() for every target of the device's table, with sectors of 512 bytes. False: there is
 * no such device. */
bool dmdevice_targets(unsigned major, unsigned minor,
		      void (*seen)(void *arg, uint64_t start, uint64_t length, const char *target,
				   const char *params),
		      void *arg);

/*
 * Suspends the device and lets it go on: what it held back (dm-integrity its journal) is on the
 * disk afterwards. In between, whatever reads through it waits, so this process must not have to
 * read its own program from there: lock it in memory before. 0 or a negative errno.
 */
int dmdevice_flush(const char *name);

/* Waits until udev has handled all devices made here, within the limit of udev_wait.h. */
void dmdevice_settle(void);

#endif
