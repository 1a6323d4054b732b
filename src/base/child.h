/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: a process at the other end of a socket, which dies with the process that started it.
 *
 * A process that waits for a disk which does not answer cannot be killed (state D): SIGKILL takes
 * effect when the disk answers, perhaps never. So no function of the parent waits for a child
 * without a limit.
 *
 * The kernel does not clear the memory of a process that SIGKILL ends. So a child that has secrets
 * is stopped first, and its memory is overwritten (scrub.h). A child that has much of it, or that
 * must not outlive its parent unscrubbed, has a guard: a process between the two that does this
 * also when the parent ends in any way, and that nobody waits for.
 */
#ifndef INTACT_BASE_CHILD_H
#define INTACT_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: there is none */
	int fd;	   /* this end of its socket, or -1 */
	enum {
		CHILD_SIMPLE,
		CHILD_SCRUBBED, /* has secrets: it is scrubbed before it is killed */
		/* With a guard, which pid is of: */
		CHILD_UNUSED,  /* it has had no secret yet */
		CHILD_GUARDED, /* its guard scrubs it */
	} kind;
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
/*
 * The same with CHILD_KEEPS_FILES for a child with a guard; of the block devices that are open, the
 * two keep only the file keep (-1: none). child_kill() and child_reap() have the guard stop the
 * child at once and scrub it; the guard may end later than its parent.
 */
int child_start_guarded(struct child *ret, int keep, void (*work)(void *arg, int fd), void *arg);
/* Before such a child gets its first secret. Until then its end needs no scrubbing. */
void child_gets_secret(struct child *c);
/* After child_kill() of one with a guard: waits until it can do nothing any more, but not until it
 * is scrubbed. */
void child_stopped(const struct child *c);
/* Forks a child without a socket that runs work() in the background and keeps nothing. How it ended
 * is not known. */
void child_background(void (*work)(void));
/* In a child that was just forked by parent: lets SIGKILL end it when the parent ends. False: the
 * parent has ended already. */
bool child_dies_with(pid_t parent);

/* Begins its end and does not wait: SIGKILL, or a word to its guard. One that keeps secrets and has
 * no guard is not scrubbed by this. */
void child_kill(const struct child *c);
/* Scrubs it if it has secrets, kills it, waits up to CHILD_END_MS for its end and closes the
 * socket; *c is then CHILD_NONE, and may have been. Returns the signal that ended it (its own, when
 * it had ended before the call) or 0, also if its guard ended it. A child that does not end is left
 * alone. */
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
