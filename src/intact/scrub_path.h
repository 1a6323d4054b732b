/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_path: what a file that was found by walking a file system is to the running system.
 */
#ifndef INTACT_INTACT_SCRUB_PATH_H
#define INTACT_INTACT_SCRUB_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Does the path lead to this file? Not if another file system is mounted over it. */
bool scrub_path_leads_to(const char *path, dev_t device, uint64_t inode);
/* Does the path, which begins with the mount point, lead to the file system that is mounted there?
 * For btrfs, whose numbers of devices tell nothing. */
bool scrub_path_is_below(const char *point, const char *path);
/* "/a (hidden: …)": the path of a file that no path leads to. To be freed. */
char *scrub_path_hidden(const char *path);

/* In the place of an inode: any file of the file system. */
#define SCRUB_PATH_ANY UINT64_MAX

/* Does the kernel swap to this file? */
bool scrub_path_is_swap(dev_t device, uint64_t inode);

#endif
