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

/* The devices that stand on this one, by their kernel names; to be freed with texts_free(). */
void usage_holders(const char *sysroot, const char *device, char ***ret, size_t *ret_n);
/* Sets holder and holder_luks; a partition is also used by what uses its whole disk. */
void usage_holder(const char *sysroot, const char *device, struct device *ret);

/* Sets member to "snapshot" when the device is a snapshot of another one, whose content it shows.
 */
void usage_snapshot(const char *sysroot, const char *device, struct device *ret);

#endif
