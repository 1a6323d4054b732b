/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/tags.h"

#include "base/util.h"
#include "system/machine.h"

#include <poll.h>
#include <sys/resource.h>

/* As long as the slowest disk that somebody may want to wait for. */
#define LIMIT_MS (10 * 60 * 1000)

struct order {
	char node[64];
	dev_t number;
	uint64_t offset;
};

static void work(void *arg, int fd)
{
	const struct order *order = arg;
	struct tags_reading reading;

	tags_read(order->node, order->number, order->offset, now_ms() + LIMIT_MS, &reading);
	(void)child_send(fd, &reading, sizeof(reading));
}

void tags_check_start(struct tags_check *t, const struct luks *luks, const struct header *h)
{
	struct order order = { .number = luks_number(luks), .offset = h->data_offset };

	if (t->started)
		return;
	str_copy(order.node, sizeof(order.node), luks_node(luks));
	t->child = CHILD_NONE;
	t->started = child_start(&t->child, CHILD_KEEPS_NOTHING, work, &order) == 0;
}

void tags_check_wait(struct tags_check *t, const struct luks *luks, const struct header *h,
		     struct tags_reading *ret)
{
	struct pollfd poll_fd = { .events = POLLIN };

	*ret = (struct tags_reading){ .err = -ETIMEDOUT };
	tags_check_start(t, luks, h);
	if (!t->started) {
		ret->err = -ENOMEM;
		return;
	}
	/* A person waits for it now. */
	(void)setpriority(PRIO_PROCESS, (id_t)t->child.pid, PRIORITY_AHEAD);
	poll_fd.fd = t->child.fd;
	if (poll(&poll_fd, 1, LIMIT_MS) > 0 && !child_receive(t->child.fd, ret, sizeof(*ret)))
		*ret = (struct tags_reading){ .err = -EIO };
	/* For another try with the same disk it is read again. */
	tags_check_end(t);
}

void tags_check_end(struct tags_check *t)
{
	if (t->started)
		(void)child_reap_within(&t->child, 0);
	*t = (struct tags_check){ .started = false };
}
