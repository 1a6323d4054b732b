/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts: which devices the running system has mounted, and on which it swaps. Decides nothing.
 * sysroot and the names of devices are those of block.h.
 */
#ifndef INTACT_SYSTEM_MOUNTS_H
#define INTACT_SYSTEM_MOUNTS_H

#include "facts/stack.h"

/* What a process ("self", or a number) sees mounted at path, the topmost mount if there are
 * several. -ENOENT: nothing that it can see (in a chroot). */
int mount_find(const char *sysroot, const char *process, const char *path, struct mount *ret);

/* Where the whole file system on a device is mounted, as far as this process sees; NULL: nowhere.
 * To be freed. */
char *mount_point(const char *sysroot, const char *device);

/* Calls seen() for every mount that this process sees of a file system on the device, in the order
 * of mountinfo: point is where it is mounted. */
void mounts_of(const char *sysroot, const char *device,
	       void (*seen)(void *arg, const char *point, const struct mount *mount), void *arg);

/* Calls seen() for every file system that is mounted for writing, with its devices. 0 or a negative
 * errno: then nothing is known. */
int mounts_writable(const char *sysroot, void (*seen)(void *arg, const struct mount *mount),
		    void *arg);

/* The swap devices and files of /proc/swaps; to be freed with swaps_free(). */
void swaps_read(const char *sysroot, struct swap **ret, size_t *ret_n);

#endif
