/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsroot_read: the file system's root of an open volume, as it is on the disk.
 */
#ifndef INTACT_SYSTEM_FSROOT_READ_H
#define INTACT_SYSTEM_FSROOT_READ_H

#include "facts/fsroot.h"

/* Reads it through the mapping at node, past the page cache. 0 or a negative errno. */
int fsroot_read_node(const char *node, struct fsroot *ret);

#endif
