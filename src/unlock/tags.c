/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/tags.h"

#include "base/util.h"
#include "system/machine.h"
#include "unlock/delaying.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* As long as the slowest disk that somebody may want to wait for. */
#define LIMIT_MS (10 * 60 * 1000)

/* How often it is looked how far the child is. */
#define LOOK_MS 500

struct order {
	char node[64];
	dev_t number;
	uint64_t offset;
	struct tags_progress *progress; /* or NULL */
};

static void read_so_far(void *arg, uint64_t done, uint64_t total)
{
	struct tags_progress *progress = arg;

	atomic_store(&progress->total, total);
	atomic_store(&progress->done, done);
}

static void work(void *arg, int fd)
{
	const struct order *order = arg;
	const struct tags_watch watch = { read_so_far, order->progress };
	struct tags_reading reading;

	tags_read(order->node, order->number, order->offset, now_ms() + LIMIT_MS,
		  order->progress ? &watch : NULL, &reading);
	(void)child_send(fd, &reading, sizeof(reading));
}

void tags_check_start(struct tags_check *t, const struct luks *luks, const struct header *h)
{
	struct order order = { .number = luks_number(luks), .offset = h->data_offset };

	if (t->started)
		return;
	/* What the child writes there, this process reads; without it, nothing is told. */
	if (!t->progress) {
		void *shared = mmap(NULL, sizeof(*t->progress), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		t->progress = shared == MAP_FAILED ? NULL : shared;
	}
	order.progress = t->progress;
	str_copy(order.node, sizeof(order.node), luks_node(luks));
	t->child = CHILD_NONE;
	t->started = child_start(&t->child, CHILD_KEEPS_NOTHING, work, &order) == 0;
}

/* Waits for the child's answer, and tells meanwhile how far it is. True: there is one. */
static bool wait_for_answer(const struct tags_check *t)
{
	struct pollfd poll_fd = { .fd = t->child.fd, .events = POLLIN };
	uint64_t until = now_ms() + LIMIT_MS;

	for (;;) {
		const struct tags_progress *p = t->progress;

		delaying(DELAY_TAGS, p ? atomic_load(&p->done) : 0, p ? atomic_load(&p->total) : 0);
		if (poll(&poll_fd, 1, LOOK_MS) > 0)
			return true;
		if (now_ms() >= until)
			return false;
	}
}

void tags_check_wait(struct tags_check *t, const struct luks *luks, const struct header *h,
		     struct tags_reading *ret)
{
	*ret = (struct tags_reading){ .err = -ETIMEDOUT };
	tags_check_start(t, luks, h);
	if (!t->started) {
		ret->err = -ENOMEM;
		return;
	}
	/* A person waits for it now. */
	(void)setpriority(PRIO_PROCESS, (id_t)t->child.pid, PRIORITY_AHEAD);
	if (wait_for_answer(t) && !child_receive(t->child.fd, ret, sizeof(*ret)))
		*ret = (struct tags_reading){ .err = -EIO };
	/* For another try with the same disk it is read again. */
	tags_check_end(t);
}

void tags_check_end(struct tags_check *t)
{
	if (t->started)
		(void)child_reap_within(&t->child, 0);
	if (t->progress)
		(void)munmap(t->progress, sizeof(*t->progress));
	*t = (struct tags_check){ .started = false };
}
