/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_machine: how many CPUs and how much memory there is, and who goes first when it runs out.
 */
#ifndef INTACT_SYSTEM_MACHINE_H
#define INTACT_SYSTEM_MACHINE_H
#include "facts/job.h"

/* What is there now: CPUs this process may run on; memory that can be had without swapping. What
 * cannot be found out is without limit. */
void machine_read(struct budget *ret);

/* Nice value of what others wait for: ahead of udev's dozens of workers, which would share the CPU
 * evenly. */
#define PRIORITY_AHEAD (-10)

/* Has the kernel's OOM killer take this process (and its later children) before those with a lower
 * score; others have 0. */
void machine_oom_score(int score);

#endif
