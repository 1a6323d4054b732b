/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev_wait: a time limit for libdevmapper's wait for udev.
 *
 * libdevmapper, also when libcryptsetup calls it, waits on a semaphore until udev's rules
 * (95-dm-notify.rules) report that they have handled a device. It has no time limit of its own, so
 * the link puts a function of udev_wait.c in the place of semop() (the Makefile's --wrap=semop).
 */
#ifndef INTACT_SYSTEM_UDEV_WAIT_H
#define INTACT_SYSTEM_UDEV_WAIT_H

#include <stdbool.h>

/* Whether udev did not report in time for some device of this process. */
bool udev_wait_timed_out(void);

#endif
