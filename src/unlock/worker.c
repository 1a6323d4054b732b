/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/worker.h"

#include "base/child.h"
#include "base/util.h"
#include "system/machine.h"
#include "unlock/jobs.h"

#include <sys/resource.h>

/* A worker that does not end by then waits for a disk that does not answer. Prompts stand still
 * meanwhile. */
#define END_MS 1000

struct worker {
	struct child child;
	enum job job;	 /* the last one sent */
	unsigned jobs;	 /* sent and not answered */
	uint64_t since;	 /* when the first of these was sent, or the one before it answered */
	char node[64];	 /* the disk of the last one */
	char header[64]; /* where that reads the header from, or "" */
};

/* In the child. It keeps the secrets, but no prompt, no agent's socket, no other worker. */
static void work(void *arg, int fd)
{
	const struct volume *const *v = arg;

	machine_oom_score(500);
	jobs_serve(*v, fd);
}

int worker_start(const struct volume *v, struct worker **ret)
{
	struct child child = CHILD_NONE;
	struct worker *w;
	int r = child_start(&child, CHILD_KEEPS_SECRETS, work, &v);

	if (r < 0)
		return r;
	w = xcalloc(1, sizeof(*w));
	w->child = child;
	*ret = w;
	return 0;
}

struct worker *worker_kill(struct worker *w)
{
	if (w) {
		child_reap_within(&w->child, END_MS);
		free(w);
	}
	return NULL;
}

int worker_send(struct worker *w, const struct job_request *request)
{
	int r;
	bool waited_for = request->job != JOB_MODULES && request->job != JOB_RESERVE;
	struct job_message message = { .request = *request,
				       .secret = secret_handle(request->secret) };

	if (w->child.pid <= 0)
		return -EPIPE;
	if (request->secret && !message.secret.owner)
		return -EINVAL;
	message.request.secret = NULL;
	w->job = request->job;
	/* Takes effect at once, also on the job before. While a passphrase is typed, the program
	 * that shows the prompt (an agent) must get its share of the processor. */
	(void)setpriority(PRIO_PROCESS, (id_t)w->child.pid, waited_for ? PRIORITY_AHEAD : 0);
	r = child_send(w->child.fd, &message, sizeof(message));
	if (r < 0)
		return r;
	str_copy(w->node, sizeof(w->node), request->node);
	str_copy(w->header, sizeof(w->header), request->job == JOB_HEADER ? request->header : "");
	if (w->jobs++ == 0)
		w->since = now_ms();
	return 0;
}

const char *worker_busy(const struct worker *w, uint64_t *ret_since)
{
	if (w->jobs == 0 || w->child.pid <= 0)
		return NULL;
	*ret_since = w->since;
	return w->node;
}

const char *worker_header(const struct worker *w)
{
	return w->header;
}

int worker_fd(const struct worker *w)
{
	return w->child.fd;
}

void worker_receive(struct worker *w, struct job_result *ret)
{
	struct job_result result = { 0 };

	if (!child_receive(w->child.fd, &result, sizeof(result))) {
		memset(&result, 0, sizeof(result));
		result.died = true;
		result.job = w->job;
		result.signal = child_reap_within(&w->child, END_MS);
	}
	/* One that only tells what it waits for may still wait for its disk. */
	if (!result.unfinished) {
		w->jobs -= w->jobs > 0;
		w->since = now_ms();
	}
	*ret = result;
}
