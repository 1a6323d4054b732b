/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/standalones.h"

#include "base/util.h"
#include "config/volume.h"

#include <stdio.h>

/* Another program that looks at a disk may have claimed it for a moment: mdadm does. */
#define BUSY_AGAIN_MS 250
#define BUSY_TRIES 40
#define WAIT_NOTICE_MS 3000
#define NEVER UINT64_MAX

enum state {
	WAITING, /* for a disk */
	OPENING,
	PAUSING, /* the disk was in use; until again_at */
	IS_OPEN,
	HAS_FAILED,
	SKIPPED, /* noauto */
};

struct item {
	const struct standalone *s;
	enum state state;
	struct device source, data; /* node is "" until found */
	uint64_t since;		    /* with OPENING */
	uint64_t again_at;	    /* with PAUSING */
	unsigned tries;
	enum exit_code code;
	bool part_said, clone_said, notice_said;
};

struct standalones {
	const struct standalones_ops *ops;
	void *ctx;
	struct item *items;
	size_t n;
	uint64_t started; /* NEVER: not yet */
};

struct standalones *standalones_new(const struct integritytab *tab,
				    const struct standalones_ops *ops, void *ctx)
{
	struct standalones *s = xcalloc(1, sizeof(*s));

	s->ops = ops;
	s->ctx = ctx;
	s->started = NEVER;
	s->items = xcalloc(tab->n + 1, sizeof(*s->items));
	s->n = tab->n;
	for (size_t i = 0; i < s->n; i++) {
		s->items[i].s = &tab->list[i];
		s->items[i].state = tab->list[i].noauto ? SKIPPED : WAITING;
	}
	return s;
}

struct standalones *standalones_free(struct standalones *s)
{
	if (s) {
		free(s->items);
		free(s);
	}
	return NULL;
}

void standalones_start(struct standalones *s)
{
	s->started = s->ops->now(s->ctx);
}

static void say(struct standalones *s, const struct item *item, enum severity severity,
		const char *fmt, ...) PRINTF_LIKE(4, 5);
static void say(struct standalones *s, const struct item *item, enum severity severity,
		const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->ops->say(s->ctx, severity, item->s->name, text);
}

static void fail(struct standalones *s, struct item *item, enum exit_code code,
		 const struct standalone_result *r)
{
	item->state = HAS_FAILED;
	item->code = code;
	s->ops->report(s->ctx, (size_t)(item - s->items), item->source.node, r, code);
}

static void fail_text(struct standalones *s, struct item *item, enum exit_code code,
		      const char *text)
{
	struct standalone_result r = { .end = STANDALONE_FAILED };

	(void)str_copy(r.text, sizeof(r.text), text);
	fail(s, item, code, &r);
}

/* --- disks ------------------------------------------------------------------------------------ */

static void try_to_open(struct standalones *s, struct item *item)
{
	bool separate = item->s->data.kind != DEVREF_NONE;
	int r;

	if (!item->source.node[0] || (separate && !item->data.node[0]))
		return;
	item->state = OPENING;
	item->since = s->ops->now(s->ctx);
	r = s->ops->open(s->ctx, (size_t)(item - s->items), item->source.node,
			 separate ? item->data.node : NULL);
	if (r < 0)
		fail_text(s, item, EXIT_CODE_GENERAL,
			  "no process could be started that opens it; there may be no memory");
}

static bool is_named(struct standalones *s, const struct devref *ref, const struct device *dev)
{
	return ref->kind != DEVREF_NONE &&
	       devref_matches(ref, dev,
			      ref->kind == DEVREF_PATH ? s->ops->resolve(s->ctx, ref->value) : 0);
}

/* May it be the disk itself? A part of an array carries the array's superblock, too. */
static bool stands_for_itself(struct standalones *s, struct item *item, const struct device *dev)
{
	if (dev->undecided)
		return false;
	if (dev->member[0] && !item->part_said) {
		item->part_said = true;
		say(s, item, SEVERITY_NOTE,
		    "%s is a part of a larger device (%s), and is not opened by itself", dev->node,
		    dev->member);
	}
	return !dev->member[0];
}

/* *have becomes dev, if there is none yet. */
static bool take(struct standalones *s, struct item *item, struct device *have,
		 const struct device *dev)
{
	if (have->node[0] && have->devno == dev->devno) {
		*have = *dev;
		return true;
	}
	if (!stands_for_itself(s, item, dev))
		return false;
	if (have->node[0]) {
		if (!item->clone_said)
			say(s, item, SEVERITY_WARNING,
			    "%s and %s have the same name; %s appeared first and is used. If that is "
			    "the wrong disk, unplug it.",
			    have->node, dev->node, have->node);
		item->clone_said = true;
		return false;
	}
	*have = *dev;
	return true;
}

/* A disk that comes too late is not too late for an array that is still waited for. */
static bool is_expected(const struct item *item)
{
	return item->state != SKIPPED &&
	       (item->state != HAS_FAILED || item->code == EXIT_CODE_TIMEOUT);
}

void standalones_device(struct standalones *s, const struct device *dev)
{
	for (size_t i = 0; i < s->n; i++) {
		struct item *item = &s->items[i];
		bool changed = false;

		if (!is_expected(item))
			continue;
		if (is_named(s, &item->s->source, dev))
			changed = take(s, item, &item->source, dev);
		else if (is_named(s, &item->s->data, dev))
			changed = take(s, item, &item->data, dev);
		if (changed && (item->state == WAITING || item->state == HAS_FAILED))
			try_to_open(s, item);
	}
}

void standalones_gone(struct standalones *s, const char *node)
{
	for (size_t i = 0; i < s->n; i++) {
		struct item *item = &s->items[i];
		bool source = str_eq(item->source.node, node);

		if (!source && !str_eq(item->data.node, node))
			continue;
		if (is_expected(item))
			say(s, item, SEVERITY_WARNING, "%s was removed", node);
		if (source)
			item->source = (struct device){ 0 };
		else
			item->data = (struct device){ 0 };
		if (item->state == PAUSING)
			item->state = WAITING;
	}
}

/* --- the end of an opening -------------------------------------------------------------------- */

void standalones_done(struct standalones *s, size_t i, const struct standalone_result *r)
{
	struct item *item = &s->items[i];

	if (item->state != OPENING)
		return;
	if (!r) {
		fail_text(
			s, item, EXIT_CODE_GENERAL,
			"the process that opens it has ended without a result; the kernel log may "
			"say more");
		return;
	}
	switch (r->end) {
	case STANDALONE_OPEN:
	case STANDALONE_WAS_OPEN:
		item->state = IS_OPEN;
		s->ops->report(s->ctx, i, item->source.node, r, EXIT_CODE_OK);
		return;
	case STANDALONE_BUSY:
		if (++item->tries >= BUSY_TRIES) {
			fail(s, item, EXIT_CODE_BUSY, r);
			return;
		}
		item->state = PAUSING;
		item->again_at = s->ops->now(s->ctx) + BUSY_AGAIN_MS;
		return;
	case STANDALONE_FAILED:
		fail(s, item, EXIT_CODE_DEVICE, r);
		return;
	}
}

/* --- time ------------------------------------------------------------------------------------- */

static const char *missing_of(const struct item *item)
{
	return item->source.node[0] ? item->s->data_text : item->s->source_text;
}

static void silent_too_long(struct standalones *s, struct item *item)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%s does not answer, so this integrity device is not there. Check its cable; the "
		 "kernel log may say more.",
		 item->source.node);
	fail_text(s, item, EXIT_CODE_TIMEOUT, text);
}

static void waiting_tick(struct standalones *s, struct item *item, uint64_t now)
{
	char text[512];

	if (s->started == NEVER)
		return;
	if (now >= s->started + DEVICE_WAIT_DEFAULT) {
		snprintf(
			text, sizeof(text),
			"no disk with %s appeared within %d seconds, so this integrity device is not "
			"there; an array goes on without it if it can. Check the cable and %s.",
			missing_of(item), DEVICE_WAIT_DEFAULT / 1000, item->s->origin);
		fail_text(s, item, EXIT_CODE_TIMEOUT, text);
	} else if (!item->notice_said && now >= s->started + WAIT_NOTICE_MS) {
		item->notice_said = true;
		say(s, item, SEVERITY_NOTE, "waiting for the disk with %s", missing_of(item));
	}
}

void standalones_tick(struct standalones *s)
{
	uint64_t now = s->ops->now(s->ctx);

	for (size_t i = 0; i < s->n; i++) {
		struct item *item = &s->items[i];

		if (item->state == WAITING) {
			waiting_tick(s, item, now);
		} else if (item->state == OPENING && now >= item->since + DEVICE_WAIT_DEFAULT) {
			silent_too_long(s, item);
		} else if (item->state == PAUSING && now >= item->again_at) {
			item->state = WAITING;
			try_to_open(s, item);
		}
	}
}

static uint64_t item_deadline(const struct standalones *s, const struct item *item)
{
	if (item->state == PAUSING)
		return item->again_at;
	if (item->state == OPENING)
		return item->since + DEVICE_WAIT_DEFAULT;
	if (item->state != WAITING || s->started == NEVER)
		return NEVER;
	return s->started + (item->notice_said ? DEVICE_WAIT_DEFAULT : WAIT_NOTICE_MS);
}

uint64_t standalones_deadline(const struct standalones *s)
{
	uint64_t first = NEVER;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t due = item_deadline(s, &s->items[i]);

		first = due < first ? due : first;
	}
	return first;
}

bool standalones_busy(const struct standalones *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].state == OPENING)
			return true;
	return false;
}

bool standalones_finished(const struct standalones *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].state < IS_OPEN)
			return false;
	return true;
}

enum exit_code standalones_exit_code(const struct standalones *s)
{
	enum exit_code code = EXIT_CODE_OK;

	for (size_t i = s->n; i-- > 0;) {
		if (s->items[i].state == IS_OPEN)
			return EXIT_CODE_OK;
		if (s->items[i].state == HAS_FAILED)
			code = s->items[i].code;
	}
	return code;
}
