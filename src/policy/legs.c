/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/legs.h"

#include "policy/candidates.h"
#include "policy/nested.h"

#include <stdio.h>

/* What was started without its missing disks appears so long after the programs that start it have
 * ended. On slow disks they need long, and on one that does not answer for ever. */
#define APPEAR_MS 10000
#define PROGRAMS_MS 120000
#define LEGS_LOOK_MS 500

/* --- disks that are missing below a volume --- */

/* When incomplete arrays are started for t. */
static uint64_t start_at(const struct engine *e, const struct track *t)
{
	uint64_t wait = t->v->device_wait, least = t->v->file_wait;

	if (e->started == NOT_STARTED)
		return UINT64_MAX;
	if (wait == WAIT_FOREVER)
		wait = DEVICE_WAIT_DEFAULT;
	if (least == WAIT_FOREVER)
		least = DEVICE_WAIT_DEFAULT;
	return nested_start(e, t, e->started + (wait > least ? wait : least) / 3 * 2);
}

static bool waits(const struct track *t)
{
	return t->state == TRACK_WAITING && !t->twin;
}

/* False: nothing lacks a disk. */
static bool start_degraded(struct engine *e, bool above, uint64_t now)
{
	bool starts = e->ops->start_degraded(e->ctx, above);

	if (starts || above) {
		e->degraded_since = now;
		e->degraded_until = now + APPEAR_MS;
	}
	return starts;
}

void legs_programs_tick(struct engine *e, uint64_t now)
{
	if (e->degraded_until > 0 && now < e->degraded_since + PROGRAMS_MS &&
	    e->ops->is_starting(e->ctx))
		e->degraded_until = now + APPEAR_MS;
}

uint64_t legs_wait(const struct engine *e, const struct track *t, uint64_t until)
{
	until = nested_wait(e, t, until);
	return until > e->degraded_until ? until : e->degraded_until;
}

static void start_below(struct engine *e, uint64_t now)
{
	for (size_t i = 0; i < e->n && !e->started_degraded; i++) {
		struct track *t = &e->tracks[i];

		if (!waits(t) || now < start_at(e, t))
			continue;
		e->started_degraded = true;
		if (start_degraded(e, false, now))
			track_say(
				e, SEVERITY_WARNING, t,
				"its disk has not appeared; starting RAID arrays and volume groups "
				"without the disks that are missing");
	}
}

/* --- legs --- */

static bool is_open(const struct track *t)
{
	return t->state == TRACK_ENDED &&
	       (t->outcome == OUTCOME_OPEN || t->outcome == OUTCOME_WAS_OPEN);
}

static bool has_failed(const struct track *t)
{
	return t->state == TRACK_ENDED && t->outcome == OUTCOME_FAILED;
}

/* Is it missing, or has it failed? One that is merely locked is neither. */
static bool lacks(const struct engine *e, const struct track *t, uint64_t now)
{
	return (has_failed(t) && !t->locked) || (waits(t) && now >= start_at(e, t));
}

/* A leg that the image demands no integrity of cannot take the place of one with a promise. */
static bool replaces(const struct engine *e, const struct track *t)
{
	bool promise = false;

	for (size_t i = 0; i < e->n; i++)
		promise |= track_is_leg(&e->tracks[i]) && e->tracks[i].v->promised;
	return track_is_leg(t) && is_open(t) && (t->v->promised || !promise);
}

/* Some legs are open, some are lacking, and none is on its way. */
static bool is_undecided(const struct engine *e, uint64_t now)
{
	size_t open = 0, lacking = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct track *t = &e->tracks[i];

		if (!track_is_leg(t))
			continue;
		if (is_open(t))
			open += replaces(e, t);
		else if (lacks(e, t, now) && !t->stays)
			lacking++;
		else
			return false;
	}
	return open > 0 && lacking > 0;
}

bool legs_are_enough(const struct engine *e, const struct track *t)
{
	return e->legs == LEGS_ENOUGH && track_is_leg(t) && !t->stays;
}

bool legs_pending(const struct engine *e)
{
	return (e->legs == LEGS_UNKNOWN || e->legs == LEGS_STARTING) && is_undecided(e, UINT64_MAX);
}

static const char *name_of(const struct track *t)
{
	return t->open_as[0] ? t->open_as : t->v->name;
}

static bool is_open_leg(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct track *t = &e->tracks[i];

		if (replaces(e, t) && str_eq(name_of(t), name))
			return true;
	}
	return false;
}

/* Why what stands on the legs does not run, for people; "": it does. */
struct reason {
	bool runs;
	char text[400];
};

static bool needs_word(const struct track *t)
{
	return str_eq(t->content, "btrfs") || str_eq(t->content, "bcachefs");
}

/* These file systems are mounted from their legs without a device in between. */
static bool judge_file_system(const struct engine *e, const struct track *t, struct reason *ret)
{
	if (!needs_word(t) && !str_eq(t->content, "zfs_member"))
		return false;
	if (!needs_word(t) || e->config->degraded)
		ret->runs = true;
	else
		snprintf(ret->text, sizeof(ret->text),
			 "%s starts without a missing disk only with rootflags=degraded on the "
			 "kernel command line",
			 t->content);
	return true;
}

/* False: it stands on something else, too, which nobody has checked. */
static bool judge_above(const struct engine *e, const struct track *t, struct reason *ret)
{
	struct above above = { 0 };

	e->ops->above(e->ctx, name_of(t), &above);
	for (size_t i = 0; i < above.n; i++)
		if (!is_open_leg(e, above.below[i])) {
			snprintf(ret->text, sizeof(ret->text),
				 "what stands on %s also stands on %s, which is not checked",
				 name_of(t), above.below[i]);
			return false;
		}
	ret->runs = ret->runs || above.runs;
	return !above.more;
}

static void judge(const struct engine *e, struct reason *ret)
{
	*ret = (struct reason){
		.text = "what stands on the other disks does not start without it"
	};
	for (size_t i = 0; i < e->n; i++) {
		const struct track *t = &e->tracks[i];

		if (!replaces(e, t) || judge_file_system(e, t, ret))
			continue;
		if (!judge_above(e, t, ret)) {
			ret->runs = false;
			return;
		}
	}
}

/* t does not get its disk. One that was there and was refused is not called missing. */
static void give_up(struct engine *e, struct track *t)
{
	char ref[300];

	if (!candidates_time_out(e, t))
		track_fail(e, t, EXIT_CODE_TIMEOUT, "no disk with %s appeared",
			   devref_format(&t->v->source, ref, sizeof(ref)));
}

static void enough(struct engine *e)
{
	e->legs = LEGS_ENOUGH;
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		/* udev calls a device of btrfs ready only when all the others are there. */
		if (replaces(e, t) && needs_word(t))
			e->ops->let_start(e->ctx, name_of(t));
		if (!track_is_leg(t) || is_open(t))
			continue;
		if (!has_failed(t))
			give_up(e, t);
		track_say(e, SEVERITY_ERROR, t,
			  "the system starts WITHOUT this disk, from the others that hold the same "
			  "data. Another failure would lose it: repair or replace this disk soon.");
	}
}

static void cannot(struct engine *e, const char *why)
{
	e->legs = LEGS_NOT_ENOUGH;
	for (size_t i = 0; i < e->n; i++)
		if (track_is_leg(&e->tracks[i]) && !is_open(&e->tracks[i]))
			track_say(e, SEVERITY_ERROR, &e->tracks[i],
				  "the system cannot start without this disk: %s", why);
}

static void decide(struct engine *e, uint64_t now)
{
	struct reason reason;

	if (e->legs == LEGS_UNKNOWN) {
		e->legs = LEGS_STARTING;
		(void)start_degraded(e, true, now);
	}
	judge(e, &reason);
	if (reason.runs)
		enough(e);
	else if (now >= e->degraded_until)
		cannot(e, reason.text);
}

/* --- time --- */

uint64_t legs_deadline(const struct engine *e)
{
	uint64_t first = e->legs == LEGS_STARTING ? e->legs_look : UINT64_MAX;

	for (size_t i = 0; i < e->n; i++) {
		uint64_t at = start_at(e, &e->tracks[i]);

		if (!waits(&e->tracks[i]))
			continue;
		/* What lay in the past at the last tick depends on other events. */
		if (at > e->legs_seen && at < first)
			first = at;
		if (e->legs_look < e->degraded_until && e->legs_look < first)
			first = e->legs_look;
	}
	return first;
}

void legs_tick(struct engine *e)
{
	uint64_t now = e->ops->now(e->ctx);

	if (e->started == NOT_STARTED)
		return;
	e->legs_seen = now;
	e->legs_look = now + LEGS_LOOK_MS;
	start_below(e, now);
	if (e->legs != LEGS_UNKNOWN && e->legs != LEGS_STARTING)
		return;
	if (is_undecided(e, now))
		decide(e, now);
	else
		e->legs = LEGS_UNKNOWN;
}
