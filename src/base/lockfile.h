/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lockfile: a file that one process at a time has locked, with its number in it. The lock ends with
 * the process; the file stays.
 */
#ifndef INTACT_BASE_LOCKFILE_H
#define INTACT_BASE_LOCKFILE_H

#include <stdbool.h>
#include <sys/types.h>

/* The fd that holds the lock. -EBUSY: another process has it; *ret_owner is its number, or
 * untouched when it is not known. Or another negative errno. Makes the folder. */
int lockfile_take(const char *path, pid_t *ret_owner);
/* Has a process locked it? To look takes no lock, so nobody who wants to lock it is disturbed. */
bool lockfile_is_taken(const char *path);

#endif
