/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drivers: the kernel modules that drive a device of this machine, and what it is connected to.
 */
#ifndef INTACT_SYSTEM_DRIVERS_H
#define INTACT_SYSTEM_DRIVERS_H

#include <stddef.h>

/* Adds the modules of the device that a link of sysfs leads to ("/class/tpm/tpm0/device"), and of
 * all that it hangs on: its bus controller, for example. None where they are built in, or there is
 * no such device. */
void drivers_of(const char *sysroot, const char *link, char ***modules, size_t *n);

#endif
