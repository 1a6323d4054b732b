/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs: what the worker process of a volume does: it reads the header, loads modules, opens the
 * volume and looks at what it opened. worker.h is the parent's side.
 */
#ifndef INTACT_UNLOCK_JOBS_H
#define INTACT_UNLOCK_JOBS_H

#include "base/secret.h"
#include "config/volume.h"
#include "facts/job.h"

/* A request as it crosses the socket: the handle takes the place of the request's pointer, which
 * would mean nothing in another process. */
struct job_message {
	struct job_request request;
	struct secret_handle secret;
};

/* Does the jobs that arrive at fd as struct job_message, one after the other, and answers each with
 * a struct job_result. Returns when the parent has closed the socket. */
void jobs_serve(const struct volume *v, int fd);

#endif
