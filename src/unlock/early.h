/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early: unlocking can begin before the boot reaches the script that waits for it. The early
 * instance of intact-unlock works in the background; a later one waits for its end and takes over
 * its exit code.
 *
 * The two share a file, RUN_DIR-unlock/early: the early instance holds a lock on it as long as it
 * lives, so that no other process waits for one that has crashed. Any
 * other instance that unlocks has a file of its own in the same way, RUN_DIR-unlock/instance.PID,
 * so that it can be ended, too.
 */
#ifndef INTACT_UNLOCK_EARLY_H
#define INTACT_UNLOCK_EARLY_H

#include "base/exitcode.h"

#include <stdbool.h>

/* Sent by the instance that waits: from now on the boot depends on the early one. */
#define EARLY_SIGNAL SIGUSR1

/* Whether starting early is worthwhile in this image. */
bool early_is_useful(void);

/*
 * Continues in a child, the early instance. In the child: 0, and *ret_fd for early_end(). In the
 * parent: 1. -EBUSY: there is an early instance already; or another negative errno. EARLY_SIGNAL
 * must be blocked, so that it is not lost before the child can receive it.
 */
int early_begin(const char *run_dir, int *ret_fd);
/* In the child, at its end. From then on until early_attend(), there is a file
 * RUN_DIR-unlock/ended: a boot script that finds it gets the result without waiting. */
void early_end(const char *run_dir, int fd, enum exit_code code);

/*
 * Waits for the early instance, if there is or was one. False: there was none, or it ended without
 * a result. The file is removed in any case, so that another attempt after a failure starts afresh.
 */
bool early_attend(const char *run_dir, enum exit_code *ret_code);
/* Ends every instance that unlocks, early or not, and waits until each has withdrawn its prompt and
 * restored the echo. */
void early_withdraw(const char *run_dir);

/* This process unlocks, and is no early instance: from now on early_withdraw() finds it. A
 * descriptor for early_leave(), or a negative errno. */
int early_enter(const char *run_dir);
void early_leave(const char *run_dir, int fd);

/*
 * All disks are found: until this process ends or calls early_release(), early_await() waits for
 * it. The file for this is RUN_DIR-unlock/found. Its descriptor, or a negative errno.
 */
int early_hold(const char *run_dir);
void early_release(const char *run_dir, int fd);
/* The work is done: nobody begins to wait any more, but who waits does so until this process has
 * ended, and its parent can know how. */
void early_finish(const char *run_dir);
/* Waits for the process that called early_hold(), if there is one. */
void early_await(const char *run_dir);

#endif
