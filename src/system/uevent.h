/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uevent: the kernel's messages about devices that were added, changed or removed, from netlink.
 */
#ifndef INTACT_SYSTEM_UEVENT_H
#define INTACT_SYSTEM_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

/* The values of one uevent, in the message itself; NULL where it has none. */
struct uevent {
	const char *action, *subsystem, *devname, *modalias;
};

/*
 * Finds the values in a message: "add@/devices/…", then KEY=VALUE strings, each NUL-terminated
 * (lib/kobject_uevent.c). message[len] must be NUL. False: it lacks its action or subsystem.
 */
bool uevent_parse(const char *message, size_t len, struct uevent *ret);

/*
 * Opens a non-blocking netlink socket for the kernel's uevents, which come with and without udevd;
 * with udev, also for udevd's messages that it has handled a device. Open it before device_scan(),
 * so that no device is missed in between.
 */
int uevent_open(bool udev, int *ret_fd);

/*
 * Reads one message about block devices. 1: device node was removed (*ret_gone), or added, changed
 * or became usable; 0: the message was about something else, and *ret_gone is unchanged;
 * -EAGAIN: there are no more messages; -ENOBUFS: messages were lost, so scan again. *ret_udev is
 * set to true, and otherwise left alone, when udevd has handled some device: there may be new
 * links.
 */
int uevent_read_block(int fd, char node[static 64], bool *ret_gone, bool *ret_udev);

/* Reads one message about any device that needs a driver: its bus ("pci", "virtio") and modalias.
 * 1, 0 or a negative errno as above. */
int uevent_read_modalias(int fd, char *bus, size_t bus_size, char *modalias, size_t modalias_size);

#endif
