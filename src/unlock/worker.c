/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/worker.h"

#include "base/child.h"
#include "base/util.h"
#include "system/machine.h"
#include "unlock/jobs.h"

#include <sys/resource.h>

struct worker {
	struct child child;
	enum job job; /* the last one sent */
};

/* In the child. It keeps nothing of the parent's but standard streams and its own socket: no
 * prompt, no agent's socket, no other worker. */
static void work(void *arg, int fd)
{
	const struct volume *const *v = arg;

	child_close_files(fd);
	machine_oom_score(500);
	jobs_serve(*v, fd);
}

int worker_start(const struct volume *v, struct worker **ret)
{
	struct child child = CHILD_NONE;
	struct worker *w;
	int r = child_start(&child, work, &v);

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
		child_reap(&w->child);
		free(w);
	}
	return NULL;
}

int worker_send(struct worker *w, const struct job_request *request)
{
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
	return child_send(w->child.fd, &message, sizeof(message));
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
		result.signal = child_reap(&w->child);
	}
	*ret = result;
}
