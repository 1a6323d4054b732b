/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack: the open LUKS volumes on which a block device stands, through partitions, LVM, RAID and
 * dm-crypt. Reads sysfs, decides nothing. sysroot and the names of devices are those of block.h.
 */
#ifndef INTACT_SYSTEM_STACK_H
#define INTACT_SYSTEM_STACK_H

#include "facts/stack.h"

/* Adds the open LUKS volumes on which the device stands (itself included). */
void stack_walk(const char *sysroot, const char *device, struct stack *stack);
/* The same for every device-mapper device there is. */
void stack_walk_all(const char *sysroot, struct stack *stack);

/*
 * What checks every block that is read from the device: its own dm-integrity, or one below each
 * device that it stands on. Of several the weakest.
 */
enum stack_checks stack_checks(const char *sysroot, const char *device);

/*
 * Is everything that the device stands on, itself included, an open LUKS2 volume that may() accepts
 * by its name, or on such ones? If not, odd is a device below that is on none. A mapping without a
 * device (error, zero) stands for a disk that is missing, and is nothing odd.
 */
bool stack_is_within(const char *sysroot, const char *device,
		     bool (*may)(void *arg, const char *name), void *arg,
		     char odd[static BLOCK_NAME_MAX]);

#endif
