/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: a process at the other end of a socket, which dies with the process that started it.
 *
 * A process that waits for a disk which does not answer cannot be killed (state D): SIGKILL takes
 * effect when the disk answers, perhaps never. So no function of the parent waits for a child
 * without a limit.
 */
#ifndef INTACT_BASE_CHILD_H
#define INTACT_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: there is none */
	int fd;	   /* this end of its socket, or -1 */
};

#define CHILD_NONE ((struct child){ .fd = -1 })

/* What a child keeps of its parent's, beside the standard streams and its own socket. */
enum child_keeps {
	CHILD_KEEPS_NOTHING,
	CHILD_KEEPS_SECRETS, /* the memory of secret.h */
	CHILD_KEEPS_FILES,   /* and all open files, except the parent's socket to its own parent */
};

/* How long child_reap() waits: a process with gigabytes of memory takes seconds to end. */
#define CHILD_END_MS 10000

/*
 * Forks a child, which runs work(arg, fd) with fd as its end of the socket and then exits with
 * status 0. In the child signals have no effect but SIGKILL and crashes. 0 or a negative errno.
 */
int child_start(struct child *ret, enum child_keeps keeps, void (*work)(void *arg, int fd),
		void *arg);
/* Forks a child without a socket that runs work() in the background and keeps nothing. How it ended
 * is not known. */
void child_background(void (*work)(void));
/* In a child that was just forked by parent: lets SIGKILL end it when the parent ends. False: the
 * parent has ended already. */
bool child_dies_with(pid_t parent);

/* Sends SIGKILL and does not wait. */
void child_kill(const struct child *c);
/* Kills it, waits up to CHILD_END_MS for its end and closes the socket; *c is then CHILD_NONE, and
 * may have been. Returns the signal that ended it (its own, when it had ended before the call) or
 * 0. A child that does not end is left alone. */
int child_reap(struct child *c);
/* The same with another limit; 0: does not wait at all. */
int child_reap_within(struct child *c, unsigned ms);
/* Closes the socket of a child that is about to end by itself, and does not wait for it. */
void child_leave(struct child *c);
/* waitpid() with a limit, for a child that has no struct: 1 and *ret_status, or 0: nothing has
 * happened to it in time. */
int child_wait(pid_t pid, unsigned ms, int *ret_status);

/* For both ends: one message of size bytes. In the parent it never waits: -EAGAIN, when the child
 * has not read what was sent before. 0 or a negative errno. */
int child_send(int fd, const void *message, size_t size);
/* Waits for a message; a parent calls it when poll() has found one. False: the other end is closed,
 * or sent something else; *ret may hold a part of that. */
bool child_receive(int fd, void *ret, size_t size);

#endif
