// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A libudev of five functions, for libdevmapper.
 *
 * libdevmapper waits, through a semaphore, until udev has handled a new device ("udev
 * synchronisation"). Without that, the rules in 10-dm.rules take the device for one that is not
 * active yet: no /dev/disk/by-uuid link, and a systemd initrd never sees its root. All it asks of
 * libudev is whether a udevd is running, but it asks through the library, and systemd builds that
 * only as a shared object. The answer is what libudev's own is: udevd's control socket exists.
 */
#include <libudev.h>

#include <unistd.h>

/* Nothing is kept, so one object of each kind is enough: callers only hand the pointers back. */
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
