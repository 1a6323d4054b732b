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

#endif
