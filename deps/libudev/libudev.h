/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of libudev's interface that libdevmapper uses; see libudev.c. */
#ifndef LIBUDEV_H
#define LIBUDEV_H

struct udev;
struct udev_queue;

struct udev *udev_new(void);
struct udev *udev_unref(struct udev *udev);
struct udev_queue *udev_queue_new(struct udev *udev);
struct udev_queue *udev_queue_unref(struct udev_queue *queue);
int udev_queue_get_udev_is_active(struct udev_queue *queue);

#endif
