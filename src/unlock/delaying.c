/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/delaying.h"

#include "base/child.h"

static struct {
	int fd;
	enum job job;
	struct progress told;
} now = { .fd = -1 };

void delaying_begin(int fd, enum job job)
{
	now.fd = fd;
	now.job = job;
	now.told = (struct progress){ 0 };
}

void delaying(enum delay delay, uint64_t done, uint64_t total)
{
	const struct progress progress = { delay, done, total };
	const struct job_result result = { .job = now.job,
					   .unfinished = true,
					   .progress = progress };

	if (now.fd < 0 || (progress.delay == now.told.delay && progress.done == now.told.done &&
			   progress.total == now.told.total))
		return;
	now.told = progress;
	(void)child_send(now.fd, &result, sizeof(result));
}
