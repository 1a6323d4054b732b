/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/integrities.h"

#include "base/child.h"
#include "base/util.h"
#include "policy/standalones.h"
#include "system/device.h"
#include "system/machine.h"
#include "system/standalone.h"
#include "unlock/standalone_job.h"

#include <stdio.h>

/* How long the end of the program waits for the kernel's numbers. */
#define COUNT_MS 1000

/* One line of the integritytab. */
struct opening {
	const struct standalone *s;
	char node[64], data[64]; /* data: "" for none */
	struct child child;
	bool open;
	struct standalone_result result; /* with open */
};

struct integrities {
	struct integrities_events events;
	struct opening *all;
	size_t n;
	struct standalones *policy;
};

/* --- reports ---------------------------------------------------------------------------------- */

static const char *mode_name(char mode)
{
	switch (mode) {
	case 'B':
		return "bitmap";
	case 'D':
		return "direct";
	case 'I':
		return "inline";
	case 'R':
		return "recovery";
	default:
		return "journal";
	}
}

/* header: room for the few fields that a device without LUKS has. */
static struct result result_of(const struct opening *o, const char *text, struct header *header)
{
	*header = (struct header){ .sector_size = o->result.block_size,
				   .tag_size = o->result.tag_size };
	(void)str_copy(header->integrity, sizeof(header->integrity), o->s->hash->kernel);
	return (struct result){ .outcome = o->result.end == STANDALONE_WAS_OPEN ? OUTCOME_WAS_OPEN :
										  OUTCOME_OPEN,
				.name = o->s->name,
				.node = o->node,
				.header = header,
				.keyslot = -1,
				.text = text,
				.mode = mode_name(o->result.mode) };
}

static void op_report(void *ctx, size_t i, const char *node, const struct standalone_result *r,
		      enum exit_code code)
{
	struct integrities *t = ctx;
	struct opening *o = &t->all[i];
	struct header header;
	struct result result;

	if (code != EXIT_CODE_OK) {
		result = (struct result){ .outcome = OUTCOME_FAILED,
					  .code = code,
					  .name = o->s->name,
					  .node = node,
					  .keyslot = -1,
					  .text = r->text };
		t->events.report(t->events.arg, &result);
		return;
	}
	o->open = true;
	o->result = *r;
	result = result_of(o, "", &header);
	t->events.report(t->events.arg, &result);
	if (r->text[0])
		t->events.say(t->events.arg, SEVERITY_WARNING, o->s->name, r->text);
}

static void op_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	struct integrities *t = ctx;

	t->events.say(t->events.arg, severity, name, text);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void open_one(void *arg, int fd)
{
	const struct opening *o = arg;
	struct standalone_result result;

	machine_oom_score(500);
	standalone_job(o->s, o->node, o->data[0] ? o->data : NULL, &result);
	(void)child_send(fd, &result, sizeof(result));
}

static int op_open(void *ctx, size_t i, const char *node, const char *data)
{
	struct integrities *t = ctx;
	struct opening *o = &t->all[i];

	child_reap_within(&o->child, 0);
	(void)str_copy(o->node, sizeof(o->node), node);
	(void)str_copy(o->data, sizeof(o->data), data ? data : "");
	return child_start(&o->child, CHILD_KEEPS_NOTHING, open_one, o);
}

static uint64_t op_now(void *ctx)
{
	(void)ctx;
	return now_ms();
}

static dev_t op_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return device_resolve(path);
}

static const struct standalones_ops ops = {
	.now = op_now, .say = op_say, .resolve = op_resolve, .open = op_open, .report = op_report
};

struct integrities *integrities_new(const struct integritytab *tab,
				    const struct integrities_events *events)
{
	struct integrities *t = xcalloc(1, sizeof(*t));

	t->events = *events;
	t->n = tab->n;
	t->all = xcalloc(t->n + 1, sizeof(*t->all));
	for (size_t i = 0; i < t->n; i++) {
		t->all[i].s = &tab->list[i];
		t->all[i].child = CHILD_NONE;
	}
	t->policy = standalones_new(tab, &ops, t);
	return t;
}

struct integrities *integrities_free(struct integrities *t)
{
	if (t) {
		for (size_t i = 0; i < t->n; i++)
			child_reap_within(&t->all[i].child, 0);
		standalones_free(t->policy);
		free(t->all);
		free(t);
	}
	return NULL;
}

void integrities_start(struct integrities *t)
{
	standalones_start(t->policy);
}

void integrities_device(struct integrities *t, const struct device *dev)
{
	standalones_device(t->policy, dev);
}

void integrities_gone(struct integrities *t, const char *node)
{
	standalones_gone(t->policy, node);
}

/* --- events ----------------------------------------------------------------------------------- */

void integrities_poll(const struct integrities *t, struct pollfd *fds)
{
	for (size_t i = 0; i < INTEGRITIES_MAX; i++)
		fds[i] = (struct pollfd){ .fd = i < t->n ? t->all[i].child.fd : -1,
					  .events = POLLIN };
}

void integrities_step(struct integrities *t, const struct pollfd *fds)
{
	for (size_t i = 0; i < t->n; i++) {
		struct opening *o = &t->all[i];
		struct standalone_result result;
		bool answered;

		if (!fds[i].revents || fds[i].fd != o->child.fd)
			continue;
		answered = child_receive(o->child.fd, &result, sizeof(result));
		child_reap_within(&o->child, 0);
		standalones_done(t->policy, i, answered ? &result : NULL);
	}
	standalones_tick(t->policy);
}

uint64_t integrities_deadline(const struct integrities *t)
{
	return standalones_deadline(t->policy);
}

bool integrities_pending(const struct integrities *t, bool alone)
{
	return alone ? !standalones_finished(t->policy) : standalones_busy(t->policy);
}

enum exit_code integrities_exit_code(const struct integrities *t)
{
	return standalones_exit_code(t->policy);
}

/* --- how often blocks failed their check -------------------------------------------------------
 */

struct counts {
	bool known[INTEGRITIES_MAX];
	uint64_t n[INTEGRITIES_MAX];
};

static void count(void *arg, int fd)
{
	const struct integrities *t = arg;
	struct counts counts = { 0 };

	for (size_t i = 0; i < t->n; i++)
		counts.known[i] = t->all[i].open &&
				  standalone_mismatches(t->all[i].s->name, &counts.n[i]);
	(void)child_send(fd, &counts, sizeof(counts));
}

static void report_count(const struct integrities *t, const struct opening *o, uint64_t n)
{
	struct header header;
	char text[512] = "";
	struct result result = result_of(o, text, &header);

	if (n > 0)
		snprintf(
			text, sizeof(text),
			"blocks of %s did not match their %s checksum: %llu time%s since it was opened. An "
			"array above reads them from its other disks, and corrects them once it "
			"is written to. If the number grows, replace the disk.",
			o->node, o->s->hash->name, (unsigned long long)n, n == 1 ? "" : "s");
	result.mismatches = &n;
	t->events.record(t->events.arg, &result);
	/* With the wrong algorithm every block fails, which was said. */
	if (n > 0 && !o->result.text[0])
		t->events.say(t->events.arg, SEVERITY_WARNING, o->s->name, text);
}

void integrities_count(struct integrities *t)
{
	struct child child = CHILD_NONE;
	struct counts counts;
	struct pollfd fd;

	if (t->n == 0 || child_start(&child, CHILD_KEEPS_NOTHING, count, t) < 0)
		return;
	fd = (struct pollfd){ .fd = child.fd, .events = POLLIN };
	if (poll(&fd, 1, COUNT_MS) > 0 && child_receive(child.fd, &counts, sizeof(counts)))
		for (size_t i = 0; i < t->n; i++)
			if (counts.known[i])
				report_count(t, &t->all[i], counts.n[i]);
	child_reap_within(&child, 0);
}
