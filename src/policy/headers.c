/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/headers.h"

#include "policy/candidates.h"

#include <stdio.h>

/* Nothing announces a file that another program makes or mounts. */
#define LOOK_AGAIN_MS 1000

/* Is it a file, wherever? */
static bool is_file(const struct track *t)
{
	return t->v->detached && t->v->header.kind != PLACE_DEVICE;
}

const char *headers_describe(const struct volume *v, char *buf, size_t size)
{
	char ref[300];

	devref_format(&v->header.device, ref, sizeof(ref));
	if (v->header.kind == PLACE_DEVICE)
		(void)snprintf(buf, size, "the header %s", ref);
	else if (v->header.kind == PLACE_IMAGE)
		(void)snprintf(buf, size, "the header file %s", v->header.path);
	else
		(void)snprintf(buf, size, "the header file %s on %s", v->header.path, ref);
	return buf;
}

/* --- devices --- */

static struct candidate *find(struct track *t, dev_t devno)
{
	for (size_t i = 0; i < t->n_headers; i++)
		if (t->headers[i].dev.devno == devno)
			return &t->headers[i];
	return NULL;
}

static struct candidate *note(struct track *t, const struct device *dev, enum candidate_state state,
			      enum exit_code code, const char *text)
{
	struct candidate *c = find(t, dev->devno);

	if (!c && t->n_headers < ARRAY_SIZE(t->headers))
		c = &t->headers[t->n_headers++];
	if (!c)
		return NULL;
	*c = (struct candidate){ .dev = *dev, .state = state, .code = code };
	(void)str_copy(c->text, sizeof(c->text), text);
	return c;
}

static void forget(struct track *t, struct candidate *c)
{
	*c = t->headers[--t->n_headers];
}

/* The volume goes on, if its disk is there. */
static void use(struct engine *e, struct track *t, const struct device *dev)
{
	t->header = *dev;
	t->header_again = 0;
	if (t->state == TRACK_HEADER)
		track_found(e, t, &t->dev);
}

static void use_next(struct engine *e, struct track *t)
{
	for (size_t i = 0; i < t->n_headers; i++) {
		struct device next = t->headers[i].dev;

		if (t->headers[i].state != CANDIDATE_KEPT)
			continue;
		forget(t, &t->headers[i]);
		use(e, t, &next);
		return;
	}
}

/* dev is a second device that fits. */
static void keep(struct engine *e, struct track *t, const struct device *dev)
{
	char text[400];

	if (find(t, dev->devno) || !note(t, dev, CANDIDATE_KEPT, EXIT_CODE_OK, "") ||
	    t->header_said)
		return;
	t->header_said = true;
	track_say(e, SEVERITY_WARNING, t,
		  "%s and %s both match %s; %s appeared first and is used. If that is the wrong "
		  "one, unplug it.",
		  t->header.node, dev->node, headers_describe(t->v, text, sizeof(text)),
		  t->header.node);
}

/* Can dev hold the header? If not, says why, once. */
static bool fits(struct engine *e, struct track *t, const struct device *dev)
{
	struct candidate *c = find(t, dev->devno);
	char text[512];
	enum candidate_state state = candidates_judge(&t->v->header.device, dev, text,
						      sizeof(text));

	if (dev->undecided)
		return false;
	if (state != CANDIDATE_KEPT) {
		bool known = c && c->state == state && str_eq(c->dev.holder, dev->holder);

		if (!known &&
		    note(t, dev, state,
			 state == CANDIDATE_HELD ? EXIT_CODE_BUSY : EXIT_CODE_TIMEOUT, text))
			track_say(e, SEVERITY_WARNING, t, "%s", text);
		return false;
	}
	if (c && c->state == CANDIDATE_REFUSED)
		return false;
	if (c && c->state != CANDIDATE_KEPT)
		forget(t, c);
	return true;
}

bool headers_is_raw(const struct track *t, const struct device *dev)
{
	return t->v->detached && t->v->header.kind == PLACE_DEVICE && t->header.node[0] &&
	       t->header.devno == dev->devno && t->dev.devno != dev->devno;
}

void headers_device(struct engine *e, struct track *t, const struct device *dev)
{
	const struct devref *ref = &t->v->header.device;
	dev_t resolved;

	if (!track_header_apart(t) || t->v->off)
		return;
	resolved = ref->kind == DEVREF_PATH ? e->ops->resolve(e->ctx, ref->value) : 0;
	if (!devref_matches(ref, dev, resolved) ||
	    (t->header.node[0] && t->header.devno == dev->devno) || !fits(e, t, dev))
		return;
	if (t->header.node[0])
		keep(e, t, dev);
	else
		use(e, t, dev);
}

void headers_gone(struct engine *e, struct track *t, const char *node)
{
	struct device dev = t->dev;

	for (size_t i = t->n_headers; i-- > 0;)
		if (str_eq(t->headers[i].dev.node, node))
			forget(t, &t->headers[i]);
	if (!track_header_apart(t) || !str_eq(t->header.node, node))
		return;
	t->header = (struct device){ 0 };
	t->header_again = 0;
	/* Once it was read, it is needed no more. */
	if (t->state == TRACK_HEADER || t->state == TRACK_READING) {
		track_say(e, SEVERITY_WARNING, t,
			  "%s, which holds the header, was removed; waiting until it is back",
			  node);
		track_lost(e, t);
		track_found(e, t, &dev);
	}
	use_next(e, t);
}

void headers_use_changed(struct engine *e, struct track *t)
{
	for (size_t i = 0; i < t->n_headers; i++) {
		struct device dev = t->headers[i].dev;

		if (t->headers[i].state != CANDIDATE_HELD)
			continue;
		e->ops->refresh(e->ctx, &dev);
		if (str_eq(dev.holder, t->headers[i].dev.holder))
			continue;
		headers_device(e, t, &dev);
		return;
	}
}

/* --- after JOB_HEADER --- */

/* " (/dev/sdb1: it is a folder)" */
static const char *format_why(const struct track *t, const char *why, char *buf, size_t size)
{
	buf[0] = '\0';
	if (*why)
		(void)snprintf(buf, size, " (%s: %s)", t->header.node, why);
	return buf;
}

bool headers_missing(struct engine *e, struct track *t, const struct disk *disk)
{
	char text[400], reason[280];

	if (!is_file(t) || disk->kind != HEADER_UNREADABLE || disk->data_failed ||
	    disk->err != ENOENT)
		return false;
	if (!t->header_said)
		track_say(e, SEVERITY_NOTE, t, "%s is not there yet%s; waiting until it is",
			  headers_describe(t->v, text, sizeof(text)),
			  format_why(t, disk->why, reason, sizeof(reason)));
	t->header_said = true;
	str_copy(t->header_why, sizeof(t->header_why), disk->why);
	t->state = TRACK_HEADER;
	t->header_again = e->ops->now(e->ctx) + LOOK_AGAIN_MS;
	/* It may be on another device that matches; this one comes last then. */
	if (track_header_apart(t) && t->n_headers > 0 && t->headers[0].state == CANDIDATE_KEPT) {
		struct device next = t->headers[0].dev;

		t->headers[0].dev = t->header;
		t->header = next;
	}
	return true;
}

/* Could the header be on another device, too? */
static bool may_be_another(const struct track *t)
{
	return track_header_apart(t) && t->v->header.device.kind != DEVREF_PATH &&
	       t->v->expect != EXPECT_NOTHING;
}

bool headers_drop(struct engine *e, struct track *t, const struct verdict *verdict)
{
	struct device dev = t->dev;

	if (!t->disk.detached || !verdict->of_header)
		return false;
	if (!may_be_another(t)) {
		track_refuse(e, t, verdict->code, verdict->text);
		return true;
	}
	(void)note(t, &t->header, CANDIDATE_REFUSED, verdict->code, verdict->text);
	track_say(e, SEVERITY_WARNING, t, "%s", verdict->text);
	t->header = (struct device){ 0 };
	t->dropped_at = e->ops->now(e->ctx);
	track_lost(e, t);
	track_found(e, t, &dev);
	use_next(e, t);
	return true;
}

/* --- time --- */

void headers_tick(struct engine *e, struct track *t, uint64_t now)
{
	if (t->state != TRACK_HEADER || !t->header_again || now < t->header_again)
		return;
	t->header_again = 0;
	track_found(e, t, &t->dev);
}

uint64_t headers_deadline(const struct track *t)
{
	return t->state == TRACK_HEADER && t->header_again ? t->header_again : UINT64_MAX;
}

const char *headers_beside(const struct track *t, char *buf, size_t size)
{
	char text[400];

	buf[0] = '\0';
	if (track_header_apart(t) && t->header.node[0])
		(void)snprintf(buf, size, ", but its header did (%s)", t->header.node);
	else if (track_header_apart(t))
		(void)snprintf(buf, size, ", nor did %s",
			       headers_describe(t->v, text, sizeof(text)));
	return buf;
}

/* The device of the header was there, but it could not be used. */
static const struct candidate *worst(const struct track *t)
{
	const struct candidate *found = NULL;

	for (size_t i = 0; i < t->n_headers; i++) {
		const struct candidate *c = &t->headers[i];

		if (c->state != CANDIDATE_KEPT && (!found || c->state == CANDIDATE_REFUSED))
			found = c;
	}
	return found;
}

void headers_time_out(struct engine *e, struct track *t, const char *seen)
{
	const struct candidate *bad = t->header.node[0] ? NULL : worst(t);
	char what[400], text[1024], reason[280];

	headers_describe(t->v, what, sizeof(what));
	if (bad) {
		(void)snprintf(text, sizeof(text), "%s", bad->text);
		track_refuse(e, t, bad->code, text);
		return;
	}
	if (is_file(t) && (!track_header_apart(t) || t->header.node[0]))
		track_fail(e, t, EXIT_CODE_TIMEOUT,
			   "the disk is there (%s), but %s did not appear within %llu seconds%s.\n"
			   "Check header= (%s), and rebuild the boot image if the file belongs "
			   "into it.",
			   t->dev.node, what, (unsigned long long)(t->v->device_wait / 1000),
			   format_why(t, t->header_why, reason, sizeof(reason)), t->v->origin);
	else
		track_fail(e, t, EXIT_CODE_TIMEOUT,
			   "the disk is there (%s), but no device for %s appeared within %llu "
			   "seconds. Disks seen: %s.\n"
			   "Connect the device that holds the header, or check header= (%s).",
			   t->dev.node, what, (unsigned long long)(t->v->device_wait / 1000), seen,
			   t->v->origin);
}
