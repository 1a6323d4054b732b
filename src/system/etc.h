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

/* A setting of a file (facts/setting.h); to be freed. NULL when it is not set, or to nothing, or
 * when only a shell could compute it. */
char *etc_setting(const char *root, const char *file, const char *name);

#endif
