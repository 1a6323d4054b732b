/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_etc: what the administrator wrote below /etc: fstab and the small settings of other initramfs
 * hooks.
 *
 * Reads, decides nothing.  root is the folder of the system in question, "" for the one that runs.
 */
#ifndef INTACT_SYSTEM_ETC_H
#define INTACT_SYSTEM_ETC_H

/* First field of the fstab line for a mount point, or of the first swap line with "swap"; NULL when
 * there is none. *ret_type (may be NULL) gets the third, the type, or NULL. */
char *etc_fstab(const char *root, const char *mount_point, char **ret_type);

/* NAME=value of a small shell file that people edit by hand, the last one counts; NULL when it is
 * not set or would have to be computed. */
char *etc_setting(const char *root, const char *file, const char *name);

#endif
