/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: writes down the steps of a volume, for its record. now: in ms.
 */
#ifndef INTACT_POLICY_TRACE_H
#define INTACT_POLICY_TRACE_H

#include "facts/job.h"
#include "facts/record.h"

struct trace {
	struct steps steps;
	enum step_kind stage;	  /* while its mapping is closed: in which it failed */
	char implementation[160]; /* the kernel's driver of the cipher, or "" */
};

/* The step of this kind begins or ends, unless it has: is it wanted? end and text are for its end;
 * text may be NULL. */
void trace_wait(struct trace *t, enum step_kind kind, bool wanted, enum step_end end,
		const char *text, uint64_t now);
/* A job begins; header: the node of a detached header, or ""; text: about the step, or NULL; code:
 * with JOB_CLOSE, why. */
void trace_job(struct trace *t, const struct job_request *request, const char *header,
	       const char *text, enum exit_code code, uint64_t now);
/* It ended; nothing was concluded yet. */
void trace_job_done(struct trace *t, const struct job_result *result, uint64_t now);
/* The volume ends like this. Returns the step in which it failed, or STEP_NONE. */
enum step_kind trace_end(struct trace *t, enum outcome outcome, enum exit_code code, uint64_t now);

#endif
