/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * etc: what the administrator wrote below /etc: fstab, and the settings of other initramfs hooks.
 * Decides nothing. root is the root folder of the system to read, "" for the running one.
 */
#ifndef INTACT_SYSTEM_ETC_H
#define INTACT_SYSTEM_ETC_H

/*
 * The first field of the fstab line for a mount point, or, for "swap", of the first swap line; NULL
 * when there is no such line. *ret_type (may be NULL) is set to the line's file system type, or to
 * NULL. Both are to be freed.
 */
char *etc_fstab(const char *root, const char *mount_point, char **ret_type);

/* The value of NAME=value in a small shell file that people edit by hand; to be freed. The last
 * such line counts. NULL when it is not set, or when only a shell could compute it. */
char *etc_setting(const char *root, const char *file, const char *name);

#endif
