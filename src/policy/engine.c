/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/engine.h"

#include "base/escape.h"
#include "policy/accept.h"
#include "policy/answer.h"
#include "policy/candidates.h"
#include "policy/delays.h"
#include "policy/headers.h"
#include "policy/keydevice.h"
#include "policy/legs.h"
#include "policy/memory.h"
#include "policy/schedule.h"
#include "policy/twins.h"

#include <stdio.h>

/* Silence longer than this makes people reset the machine. */
#define WAIT_NOTICE_MS 3000
#define WAIT_NOTICE_AGAIN_MS 10000

/* --- start and end --- */

struct engine *engine_new(const struct config *config, const struct ops *ops, void *ctx)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->config = config;
	e->ops = ops;
	e->ctx = ctx;
	e->n = config->n_volumes;
	e->tracks = xcalloc(e->n ? e->n : 1, sizeof(*e->tracks));
	e->started = NOT_STARTED;
	e->passphrase.secret = secret_new();
	e->empty = secret_new();
	if (!e->passphrase.secret || !e->empty)
		return engine_free(e);
	for (size_t i = 0; i < e->n; i++) {
		e->tracks[i].v = &config->volumes[i];
		e->tracks[i].keyslot = -1;
		e->tracks[i].notice_at = NOT_STARTED;
		e->tracks[i].dropped_at = NOT_STARTED;
		track_reset_key(&e->tracks[i]);
	}
	track_trace(e);
	return e;
}

struct engine *engine_free(struct engine *e)
{
	if (e) {
		secret_free(e->passphrase.secret);
		secret_free(e->empty);
		free(e->tracks);
		free(e);
	}
	return NULL;
}

void engine_start(struct engine *e)
{
	e->started = e->ops->now(e->ctx);
	for (size_t i = 0; i < e->n; i++)
		e->tracks[i].notice_at = e->started + WAIT_NOTICE_MS;
	for (size_t i = 0; i < e->n; i++)
		track_begin(e, &e->tracks[i]);
}

void engine_disks_come(struct engine *e)
{
	if (e->started != NOT_STARTED)
		e->started = e->ops->now(e->ctx);
}

void engine_interrupt(struct engine *e, const char *why)
{
	e->legs = LEGS_NOT_ENOUGH;
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != TRACK_ENDED) {
			/* It may be open, and is not checked. */
			e->tracks[i].stays = e->tracks[i].state >= TRACK_TRYING;
			track_fail(e, &e->tracks[i], EXIT_CODE_GENERAL,
				   "%s before the disk was open", why);
		}
	schedule_settle(e);
}

bool engine_disks_found(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == TRACK_WAITING || e->tracks[i].state == TRACK_HEADER)
			return false;
	return true;
}

bool engine_keys_found(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != TRACK_ENDED && keydevice_awaited(&e->tracks[i]))
			return false;
	return true;
}

bool engine_finished(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != TRACK_ENDED)
			return false;
	return !legs_pending(e);
}

enum exit_code engine_exit_code(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == TRACK_ENDED && e->tracks[i].outcome == OUTCOME_FAILED &&
		    (!e->tracks[i].v->nofail || e->tracks[i].stays) &&
		    !legs_are_enough(e, &e->tracks[i]))
			return e->tracks[i].code;
	return EXIT_CODE_OK;
}

/* --- devices --- */

static bool matches(struct engine *e, const struct track *t, const struct device *dev)
{
	const struct devref *ref = &t->v->source;

	return !t->v->off &&
	       devref_matches(ref, dev,
			      ref->kind == DEVREF_PATH ? e->ops->resolve(e->ctx, ref->value) : 0);
}

/* dev is a second disk that fits t, which has one already. */
static void second_disk(struct engine *e, struct track *t, const struct device *dev)
{
	if (!candidates_keep(t, dev) || t->clone_said || t->v->source.kind != DEVREF_UUID)
		return;
	/* A copied disk: only a person knows which of the two is the right one. */
	t->clone_said = true;
	track_say(e, SEVERITY_WARNING, t,
		  "%s and %s have the same UUID; %s appeared first and is used. "
		  "If that is the wrong disk, unplug it.",
		  t->dev.node, dev->node, t->dev.node);
}

static void device_matches(struct engine *e, struct track *t, const struct device *dev)
{
	if (t->dev.node[0] && t->dev.devno == dev->devno)
		return;
	if (!candidates_fit(e, t, dev) ||
	    (t->state == TRACK_WAITING && twins_join_header(e, t, dev)))
		return;
	if (t->state != TRACK_WAITING)
		second_disk(e, t, dev);
	else if (!twins_join(e, t, dev))
		track_found(e, t, dev);
}

void engine_device(struct engine *e, const struct device *dev)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != TRACK_ENDED)
			headers_device(e, &e->tracks[i], dev);
	for (size_t i = 0; i < e->n; i++) {
		if (e->tracks[i].state != TRACK_ENDED && matches(e, &e->tracks[i], dev))
			device_matches(e, &e->tracks[i], dev);
		keydevice_seen(e, &e->tracks[i], dev);
	}
	schedule(e);
}

/* Is it opened by hand, or by another program, while it is asked for? */
static void look_at(struct engine *e, struct track *t)
{
	struct device dev = t->dev;

	switch (t->state) {
	case TRACK_WAITING:
		if (!t->twin && candidates_freed(e, t, &dev))
			device_matches(e, t, &dev);
		headers_use_changed(e, t);
		return;
	case TRACK_HEADER:
		headers_use_changed(e, t);
		return;
	case TRACK_READY:
	case TRACK_ASKING:
	case TRACK_HOLDING:
		e->ops->refresh(e->ctx, &dev);
		if (!dev.holder_luks[0])
			return;
		track_lost(e, t);
		track_found(e, t, &dev);
		return;
	case TRACK_READING: /* it is looked at when its header is read */
	case TRACK_TRYING:
	case TRACK_CHECKING:
	case TRACK_CLOSING:
	case TRACK_ENDED:
		return;
	}
}

void engine_use_changed(struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		look_at(e, &e->tracks[i]);
	schedule(e);
}

void engine_device_gone(struct engine *e, const char *node)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		candidates_gone(t, node);
		keydevice_gone(t, node);
		headers_gone(e, t, node);
		if (!str_eq(t->dev.node, node) || t->state == TRACK_WAITING ||
		    t->state == TRACK_CHECKING || t->state == TRACK_CLOSING)
			continue;
		if (t->state == TRACK_ENDED) {
			t->dev.devno = 0; /* may be given to another disk */
			continue;
		}
		track_say(e, SEVERITY_WARNING, t, "%s was removed; waiting until it is back", node);
		track_lost(e, t);
		candidates_next(e, t);
	}
	schedule(e);
}

void engine_device_silent(struct engine *e, const char *node, bool silent)
{
	delays_silent(e, node, silent);
	/* The prompt of another volume may have waited for it. */
	schedule(e);
}

/* --- prompt and workers --- */

void engine_prompt_done(struct engine *e, enum prompt_end end)
{
	schedule_prompt_done(e, end);
	schedule(e);
}

/* Does the answer still count? It may be late, from a job whose disk was removed meanwhile. The
 * other jobs belong to no state; their answers always count. */
static bool is_current(const struct track *t, enum job job)
{
	switch (job) {
	case JOB_HEADER:
		return t->state == TRACK_READING;
	case JOB_UNLOCK:
		return t->state == TRACK_TRYING;
	case JOB_VERIFY:
		return t->state == TRACK_CHECKING;
	case JOB_CLOSE:
		return t->state == TRACK_CLOSING;
	case JOB_MODULES:
	case JOB_RESERVE:
	case JOB_RELEASE:
		break;
	}
	return true;
}

void engine_job_done(struct engine *e, unsigned vol, const struct job_result *result)
{
	struct track *t = &e->tracks[vol];

	if (t->state == TRACK_ENDED || t->state <= TRACK_HEADER ||
	    (!result->died && !is_current(t, result->job)))
		return;
	if (result->unfinished) {
		delays_note(e, t, &result->progress);
		return;
	}
	t->silent_since = 0;
	t->progress.delay = DELAY_NONE;
	trace_job_done(&t->trace, result, e->ops->now(e->ctx));
	if (result->died) {
		answer_worker_died(e, t, result->signal);
		twins_settle(e);
		schedule(e);
		return;
	}
	switch (result->job) {
	case JOB_HEADER:
		answer_disk_read(e, t, &result->disk);
		break;
	case JOB_MODULES:
		answer_modules_loaded(e, t, &result->modules);
		break;
	case JOB_RESERVE:
		break;
	case JOB_RELEASE:
		memory_free(t);
		break;
	case JOB_UNLOCK:
		schedule_unlock_done(e, t, &result->unlock);
		break;
	case JOB_VERIFY:
		answer_verified(e, t, &result->opened);
		break;
	case JOB_CLOSE:
		answer_closed(e, t, result->close_err);
		break;
	}
	twins_settle(e);
	schedule(e);
}

/* --- time --- */

static uint64_t device_deadline(const struct engine *e, const struct track *t)
{
	uint64_t from;

	if (e->started == NOT_STARTED)
		return WAIT_FOREVER;
	if (t->v->device_wait != WAIT_FOREVER)
		return legs_wait(e, t, e->started + t->v->device_wait);
	/* A disk is there, but was refused or is in use: nobody should wait for ever then. */
	if (t->dropped_at == NOT_STARTED)
		return WAIT_FOREVER;
	from = t->dropped_at > e->started ? t->dropped_at : e->started;
	return legs_wait(e, t, from + DEVICE_WAIT_DEFAULT);
}

static uint64_t track_deadline(const struct engine *e, const struct track *t)
{
	uint64_t device;

	switch (t->state) {
	case TRACK_WAITING:
	case TRACK_HEADER:
		if (t->twin)
			return UINT64_MAX;
		device = device_deadline(e, t);
		device = t->notice_at < device ? t->notice_at : device;
		return headers_deadline(t) < device ? headers_deadline(t) : device;
	case TRACK_ASKING:
		return t->prompt_until;
	default:
		return delays_deadline(t);
	}
}

uint64_t engine_deadline(const struct engine *e)
{
	uint64_t first = legs_deadline(e);

	for (size_t i = 0; i < e->n; i++) {
		uint64_t d = track_deadline(e, &e->tracks[i]);
		uint64_t key = keydevice_deadline(e, &e->tracks[i]);

		d = key < d ? key : d;
		first = d < first ? d : first;
	}
	return first;
}

struct seen_list {
	char text[640];
	size_t n;
};

/* Why a disk that matches was not taken, where nothing was said of it before. */
static const char *open_question(const struct device *dev)
{
	if (!dev->undecided)
		return "";
	return dev->again ? ", perhaps a path of a multipath map" : ", not yet handled by udev";
}

static void list_seen(void *arg, const struct device *dev)
{
	struct seen_list *list = arg;
	char size[32], type[64];

	if (dev->silent) {
		str_append(list->text, sizeof(list->text), "%s%s (does not answer)",
			   list->n++ ? ", " : "", dev->node);
		return;
	}
	if (!dev->type[0])
		str_copy(type, sizeof(type), "nothing recognised");
	else if (str_eq(dev->type, "crypto_LUKS"))
		snprintf(type, sizeof(type), "LUKS%s", dev->version);
	else
		str_copy(type, sizeof(type), dev->type);
	str_append(list->text, sizeof(list->text), "%s%s (%s, %s%s%s%s)", list->n++ ? ", " : "",
		   dev->node, str_printable(type), format_bytes(dev->size, size),
		   dev->uuid[0] ? ", UUID " : "", dev->uuid, open_question(dev));
}

static void device_timed_out(struct engine *e, struct track *t)
{
	struct seen_list list = { .n = 0 };
	char ref[300], header[450];

	if (t->state == TRACK_WAITING && candidates_time_out(e, t))
		return;
	e->ops->list_devices(e->ctx, list_seen, &list);
	str_printable(list.text);
	if (t->state == TRACK_HEADER) {
		headers_time_out(e, t, list.n ? list.text : "none at all");
		return;
	}
	track_fail(
		e, t, EXIT_CODE_TIMEOUT,
		"no disk with %s appeared within %llu seconds%s. Disks seen: %s.\n"
		"Check the cable and %s; a missing disk driver in the image has the same effect.",
		devref_format(&t->v->source, ref, sizeof(ref)),
		(unsigned long long)(t->v->device_wait / 1000),
		headers_beside(t, header, sizeof(header)), list.n ? list.text : "none at all",
		t->v->origin);
}

/* What a volume without its disk, or without its header, waits for. */
static void describe_wanted(const struct track *t, char *buf, size_t size)
{
	char ref[300];

	if (t->state == TRACK_HEADER)
		headers_describe(t->v, buf, size);
	else
		(void)snprintf(buf, size, "%s with %s",
			       t->n_candidates > 0 ? "another disk" : "the disk",
			       devref_format(&t->v->source, ref, sizeof(ref)));
}

static void waiting_tick(struct engine *e, struct track *t, uint64_t now)
{
	uint64_t deadline = device_deadline(e, t);
	char what[520];

	if (t->twin)
		return;
	if (now >= deadline) {
		device_timed_out(e, t);
	} else if (now >= t->notice_at) {
		describe_wanted(t, what, sizeof(what));
		if (deadline != WAIT_FOREVER)
			str_append(what, sizeof(what), ", %llu seconds left",
				   (unsigned long long)((deadline - now + 999) / 1000));
		else if (t->v->device_wait != WAIT_FOREVER)
			str_append(what, sizeof(what),
				   ", which may be on a volume that is still locked");
		track_say(e, SEVERITY_NOTE, t, "waiting for %s", what);
		t->notice_at = now + WAIT_NOTICE_AGAIN_MS;
	}
}

void engine_tick(struct engine *e)
{
	uint64_t now = e->ops->now(e->ctx);

	legs_programs_tick(e, now);
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		keydevice_tick(e, t);
		headers_tick(e, t, now);
		if (t->state == TRACK_WAITING || t->state == TRACK_HEADER)
			waiting_tick(e, t, now);
		else if (t->state == TRACK_ASKING && now >= t->prompt_until)
			accept_timed_out(e, t);
		else
			delays_tick(e, t, now);
	}
	legs_tick(e);
	schedule(e);
}
