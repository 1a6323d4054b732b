/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_dm: looks at an opened mapping: its tables in the kernel, and what reads back through it.
 */
#ifndef INTACT_SYS_DM_H
#define INTACT_SYS_DM_H

#include "verdict.h"

/* Fills *ret for the mapping NAME (and NAME_dif), and waits for udev's work on them. Always fills all of it. */
void dm_read_opened(const char *name, struct opened *ret);

#endif
