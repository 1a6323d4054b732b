// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A libudev of five functions, for libdevmapper.
 *
 * libdevmapper waits, through a semaphore, until udev has handled a new device ("udev
 * synchronisation"). Without that, the rules in 10-dm.rules treat the device as not yet active:
 * there is no /dev/disk/by-uuid link, and a systemd initrd never sees its root. libdevmapper uses
 * libudev only to find out whether udevd is running, but systemd builds libudev only as a shared
 * object. The answer here is that of the real libudev: udevd runs if its control socket exists.
 */
#include <libudev.h>

#include <unistd.h>

/* The objects have no state, so one of each kind is enough: callers only pass the pointers back. */
struct udev {
	char unused;
};
struct udev_queue {
	char unused;
};

static struct udev the_udev;
static struct udev_queue the_queue;

struct udev *udev_new(void)
{
	return &the_udev;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_queue *udev_queue_new(struct udev *udev)
{
	(void)udev;
	return &the_queue;
}

struct udev_queue *udev_queue_unref(struct udev_queue *queue)
{
	(void)queue;
	return NULL;
}

int udev_queue_get_udev_is_active(struct udev_queue *queue)
{
	(void)queue;
	return access("/run/udev/control", F_OK) == 0;
}
