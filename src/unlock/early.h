/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early: lets the unlocking begin before the boot script that waits for it is reached: one process
 * works ahead, the one that comes later waits for its end and takes over its exit code.
 *
 * The two meet at a file, RUN_DIR/.early: the first holds a lock on it for as long as it lives, so
 * that a crash cannot leave anybody waiting.
 */
#ifndef INTACT_UNLOCK_EARLY_H
#define INTACT_UNLOCK_EARLY_H
#include "base/exitcode.h"

#include <stdbool.h>

/* What the one that waits sends to the one that works: somebody counts on you from now on. */
#define EARLY_SIGNAL SIGUSR1

/*
 * Goes on in a child that works ahead. In the child: 0, and *ret_fd for early_end(). In the
 * parent: 1. -EBUSY: somebody works ahead already; another negative errno. EARLY_SIGNAL must be
 * blocked, so that it does not get lost before the child looks out for it.
 */
int early_begin(const char *run_dir, int *ret_fd);
/* In the child, at its end. */
void early_end(int fd, enum exit_code code);

/*
 * Waits for the one that works ahead, if there is or was one. False: there was none, or it ended
 * without a result; the file is gone then as well, so that whoever tries again after a failure
 * starts afresh.
 */
bool early_attend(const char *run_dir, enum exit_code *ret_code);
/* Ends the one that works ahead, if there is one, and waits until it is gone: its prompt, and echo
 * as it was. */
void early_withdraw(const char *run_dir);

/*
 * Tells those who come with early_await() that there is nothing for them to do until this process
 * ends or calls early_release(); the file for it is RUN_DIR/.found. Its descriptor, or a negative
 * errno.
 */
int early_hold(const char *run_dir);
void early_release(const char *run_dir, int fd);
/* Waits for the one that called early_hold(), if there is one. */
void early_await(const char *run_dir);

#endif
