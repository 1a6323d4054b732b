/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker: one child process a volume, which alone calls libcryptsetup and libdevmapper; this is the
 * parent's side, jobs.h is the child's.
 *
 * A process, not a thread: neither library is thread-safe. Passphrases reach it through the pool of
 * secret.h, never through the socket.
 */
#ifndef INTACT_UNLOCK_WORKER_H
#define INTACT_UNLOCK_WORKER_H

#include "config/volume.h"
#include "facts/job.h"

struct worker;

/* Forks the worker of a volume; v stays the caller's and must outlive it. 0 or a negative errno. */
int worker_start(const struct volume *v, struct worker **ret);
/* Kills it, whatever it is doing; NULL is fine. Waits for its end, but not for a disk that does not
 * answer: that worker ends when its disk does. */
struct worker *worker_kill(struct worker *w);
/* Sends a job; jobs are done one after the other. -EINVAL: the request's secret is not from
 * secret_new(), so that the worker cannot see it; another negative errno. */
int worker_send(struct worker *w, const struct job_request *request);
/* While it works on a job: the node of its disk, and since when (now_ms); else NULL. */
const char *worker_busy(const struct worker *w, uint64_t *ret_since);
/* With a job that reads a detached header: the device that it is on; else "". */
const char *worker_header(const struct worker *w);
/* The descriptor to poll for the answer; -1 when it has ended. */
int worker_fd(const struct worker *w);
/* Reads the answer; died is set when the worker has ended instead. */
void worker_receive(struct worker *w, struct job_result *ret);

#endif
