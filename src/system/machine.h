/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine: how many CPUs and how much memory there are, and this process's place when either gets
 * scarce.
 */
#ifndef INTACT_SYSTEM_MACHINE_H
#define INTACT_SYSTEM_MACHINE_H

#include "facts/job.h"

/* What is there now: the CPUs that this process may use, and the memory that is available without
 * swapping. Memory that cannot be found out counts as unlimited. */
void machine_read(struct budget *ret);

/* Nice value for processes on which the boot waits, so that they do not share the CPU evenly with
 * udev's dozens of workers. */
#define PRIORITY_AHEAD (-10)

/* Has the kernel's OOM killer choose this process, and children that it starts later, before
 * processes with a lower score. The default score is 0. */
void machine_oom_score(int score);

#endif
