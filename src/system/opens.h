/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opens: notices when another program opens a device.
 */
#ifndef INTACT_SYSTEM_OPENS_H
#define INTACT_SYSTEM_OPENS_H

#include <stdbool.h>
#include <sys/types.h>

/* A descriptor to poll, which becomes readable when any program opens node; or a negative errno. */
int opens_watch(const char *node);
/* Reads what has happened, so that the descriptor becomes readable with the next opening only. */
void opens_read(int fd);

/*
 * Has a program the device open that is neither this one nor started by udev? udev looks at every
 * disk, and takes none. In the very moment of opening, a program may not be found yet.
 */
bool opens_now(dev_t devno);

#endif
