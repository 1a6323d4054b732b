/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub: overwrites the memory of a stopped process before the kernel gets it back.
 *
 * The kernel does not clear what a process leaves, and SIGKILL gives a process no time to do so. A
 * key derivation that is killed leaves gigabytes that a passphrase can be guessed from.
 */
#ifndef INTACT_BASE_SCRUB_H
#define INTACT_BASE_SCRUB_H

#include <sys/types.h>

/*
 * Writes zeros over all that pid can write and does not share with this process: heap, stacks,
 * memory of threads, variables, secrets of its own; and over its vector registers. Then it kills
 * pid, a child of this process that must be stopped before, and that is still to be waited for. 0
 * or a negative errno; what can be written is overwritten in any case.
 */
int scrub(pid_t pid);

#endif
