/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headerfile: a detached header that is a file on another device than the running system's.
 */
#ifndef INTACT_INTACT_HEADERFILE_H
#define INTACT_INTACT_HEADERFILE_H

#include "system/foreign.h"

/*
 * The path of the file where the device is mounted; else of a copy in memory, which lasts as long
 * as this program. device and node name the device of place. NULL and why: it cannot be read.
 */
char *headerfile_read(const char *sysroot, const char *device, const char *node,
		      const struct file_place *place, char why[static FOREIGN_WHY]);

#endif
