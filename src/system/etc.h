/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * etc: what the administrator wrote below /etc: fstab, and the settings of other initramfs hooks.
 * Decides nothing. root is the root folder of the system to read, "" for the running one.
 */
#ifndef INTACT_SYSTEM_ETC_H
#define INTACT_SYSTEM_ETC_H

#include "facts/fstab.h"

/* The lines of fstab; none when there is no such file. To be freed by fstab_free(). */
void etc_fstab(const char *root, struct fstab *ret);

/* The value of NAME=value in a small shell file that people edit by hand; to be freed. The last
 * such line counts. NULL when it is not set, or when only a shell could compute it. */
char *etc_setting(const char *root, const char *file, const char *name);

#endif
