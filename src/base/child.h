/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: a process at the other end of a socket, which dies with the process that started it.
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

/*
 * Forks a child, which runs work(arg, fd) with fd as its end of the socket and then exits with
 * status 0. In the child signals have no effect but SIGKILL and crashes, and the socket to its own
 * parent's parent is closed; every other file of the parent stays open. 0 or a negative errno.
 */
int child_start(struct child *ret, void (*work)(void *arg, int fd), void *arg);
/* Forks a child without a socket that runs work() in the background. How it ended is not known.
 */
void child_background(void (*work)(void));
/* In a child: closes all files but the standard streams and fd. */
void child_close_files(int fd);
/* In a child that was just forked by parent: lets SIGKILL end it when the parent ends. False: the
 * parent has ended already. */
bool child_dies_with(pid_t parent);

/* Sends SIGKILL and does not wait. */
void child_kill(const struct child *c);
/* Kills it, waits for its end and closes the socket; *c is then CHILD_NONE, and may have been.
 * Returns the signal that ended it (its own, when it had ended before the call) or 0. */
int child_reap(struct child *c);

/* For both ends: one message of size bytes. 0 or a negative errno. */
int child_send(int fd, const void *message, size_t size);
/* Waits for a message. False: the other end is closed, or sent something else; *ret may hold a part
 * of that. */
bool child_receive(int fd, void *ret, size_t size);

#endif
