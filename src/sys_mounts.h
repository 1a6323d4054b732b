/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_mounts: which devices the running system has mounted and swaps on.
 *
 * Reads the system, decides nothing.  sysroot and the names of devices: see sys_block.h.
 */
#ifndef INTACT_SYS_MOUNTS_H
#define INTACT_SYS_MOUNTS_H

#include <stddef.h>
#include <stdint.h>

struct mount {
	/* Several for btrfs and bcachefs; none when the file system names no device that sysfs knows. */
	char **devices;
	size_t n_devices;
	char *source; /* as mountinfo has it; for messages */
	char *type;
};

/* What is mounted at path, the topmost if there are several. -ENOENT: nothing, as far as a chroot can see. */
int mount_find(const char *sysroot, const char *path, struct mount *ret);
void mount_free(struct mount *mount);

struct swap {
	char *path;    /* "/dev/dm-2" or a file */
	uint64_t size; /* KiB */
};
/* /proc/swaps. */
void swaps_read(const char *sysroot, struct swap **ret, size_t *ret_n);
void swaps_free(struct swap *swaps, size_t n);

#endif
