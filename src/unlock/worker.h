/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker: one child process a volume, which alone touches libcryptsetup and libdevmapper.
 *
 * A process, not a thread: neither library is thread-safe.  Passphrases reach it through the shared
 * mapping of secret.h, never through the socket.  The key derivations run in processes of its own,
 * see tries.h.
 */
#ifndef INTACT_UNLOCK_WORKER_H
#define INTACT_UNLOCK_WORKER_H
#include "config/config.h"
#include "facts/job.h"

struct worker;

/* Loads the drivers of disks and the modules every volume needs, in children nobody waits for. */
void worker_preload(void);

/* Forks the child for a volume; v stays the caller's and must outlive it. */
int worker_start(const struct volume *v, struct worker **ret);
/* Kills it, whatever it does; NULL is fine. */
struct worker *worker_kill(struct worker *w);
/* Sends a job; they are done one after the other. */
int worker_send(struct worker *w, const struct job_request *request);
/* Readable when the answer is there. */
int worker_fd(const struct worker *w);
/* Fetches it; died is set when there is none and will be none. */
void worker_receive(struct worker *w, struct job_result *ret);

#endif
