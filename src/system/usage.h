/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: what uses a block device, and what it is only a part of.
 *
 * sysroot is as in block.h.
 */
#ifndef INTACT_SYSTEM_USAGE_H
#define INTACT_SYSTEM_USAGE_H

#include "facts/devref.h"
#include "facts/stack.h"

/* The disk that a partition is on; false: the device is not a partition. */
bool usage_whole_disk(const char *sysroot, const char *device, char disk[static BLOCK_NAME_MAX]);

/* Sets holder and holder_luks; a partition is also used by what uses its whole disk. */
void usage_holder(const char *sysroot, const char *device, struct device *ret);

/* Sets member to "snapshot" when the device is a snapshot of another one, whose content it shows.
 */
void usage_snapshot(const char *sysroot, const char *device, struct device *ret);

#endif
