/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_mounts: which devices the running system has mounted and swaps on.
 *
 * Reads the system, decides nothing.  sysroot and the names of devices: see sys_block.h.
 */
#ifndef INTACT_SYSTEM_MOUNTS_H
#define INTACT_SYSTEM_MOUNTS_H
#include "facts/stack.h"

/* What is mounted at path, the topmost if there are several. -ENOENT: nothing, as far as a chroot
 * can see. */
int mount_find(const char *sysroot, const char *path, struct mount *ret);

/* /proc/swaps. */
void swaps_read(const char *sysroot, struct swap **ret, size_t *ret_n);

#endif
