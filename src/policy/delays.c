/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/delays.h"

#include "policy/answer.h"

#include <stdio.h>

/* Nothing is said of what ends by then; and so often of what does not. */
#define TELL_MS 1000
#define TELL_AGAIN_MS 3000
/* Of what takes very long, fewer lines are enough. */
#define LONG_MS 30000
#define TELL_LONG_MS 10000

static bool has_job(const struct track *t)
{
	return t->state == TRACK_READING || t->state == TRACK_TRYING ||
	       t->state == TRACK_CHECKING || t->state == TRACK_CLOSING;
}

/* --- a disk that does not answer --- */

void delays_silent(struct engine *e, const char *node, bool silent)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (!has_job(t) ||
		    (!str_eq(t->dev.node, node) && !str_eq(track_header_node(t), node)) ||
		    silent == (t->silent_since != 0))
			continue;
		t->silent_since = silent ? e->ops->now(e->ctx) : 0;
		if (silent)
			str_copy(t->silent, sizeof(t->silent), node);
		track_say(e, silent ? SEVERITY_WARNING : SEVERITY_NOTE, t,
			  silent ? "%s does not answer; waiting until it does" : "%s answers again",
			  t->silent);
	}
}

/* A disk that stops answering in the middle of a job gets as long as one that does not appear. */
static uint64_t silent_deadline(const struct track *t)
{
	return t->silent_since == 0 || t->v->device_wait == WAIT_FOREVER ?
		       WAIT_FOREVER :
		       t->silent_since + t->v->device_wait;
}

static void silent_too_long(struct engine *e, struct track *t)
{
	if (t->state == TRACK_CLOSING) {
		answer_closed(e, t, -ETIMEDOUT);
		return;
	}
	/* It may be open, and is not checked. */
	t->stays = t->state >= TRACK_TRYING;
	track_fail(e, t, EXIT_CODE_TIMEOUT,
		   "%s stopped answering and did not answer again within %llu seconds.\n"
		   "Check its cable, and that of what it stands on; the kernel log may say more.",
		   t->silent, (unsigned long long)(t->v->device_wait / 1000));
}

/* --- what a job waits for --- */

void delays_note(struct engine *e, struct track *t, const struct progress *progress)
{
	const uint64_t now = e->ops->now(e->ctx);

	if (progress->delay != t->progress.delay) {
		t->delayed_since = now;
		t->delay_told_at = now + TELL_MS;
		t->delay_began = progress->done;
	}
	t->progress = *progress;
}

/* ", about 9 seconds left", as far as that can be told. */
static void estimate(const struct track *t, uint64_t now, char *buf, size_t size)
{
	const struct progress *p = &t->progress;
	const uint64_t done = p->done - t->delay_began, took = now - t->delayed_since;
	uint64_t left = 0;

	buf[0] = '\0';
	if (p->done <= t->delay_began || p->done > p->total)
		return;
	/* Less than 2^44 bytes of tags, in less than 2^20 ms. */
	left = (p->total - p->done) / 1024 * took / (done / 1024 + 1) / 1000 + 1;
	(void)snprintf(buf, size, ", about %llu second%s left", (unsigned long long)left,
		       left == 1 ? "" : "s");
}

static void tell(struct engine *e, const struct track *t, uint64_t now)
{
	const struct progress *p = &t->progress;
	char left[64], size[32];

	if (p->delay == DELAY_TPM) {
		track_say(e, SEVERITY_NOTE, t, "waiting for the TPM's answer, for %llu s so far",
			  (unsigned long long)((now - t->delayed_since) / 1000));
		return;
	}
	estimate(t, now, left, sizeof(left));
	if (p->total == 0)
		track_say(e, SEVERITY_NOTE, t,
			  "the disk is being compared with its state at the last shutdown");
	else
		track_say(e, SEVERITY_NOTE, t,
			  "the disk is being compared with its state at the last shutdown: %llu %% "
			  "of %s of integrity tags are read%s",
			  (unsigned long long)(p->done / (p->total / 100 + 1)),
			  format_bytes(p->total, size), left);
}

/* --- time --- */

static bool is_delayed(const struct track *t)
{
	return t->progress.delay != DELAY_NONE;
}

uint64_t delays_deadline(const struct track *t)
{
	uint64_t silent = silent_deadline(t);

	if (!has_job(t))
		return WAIT_FOREVER;
	return is_delayed(t) && t->delay_told_at < silent ? t->delay_told_at : silent;
}

void delays_tick(struct engine *e, struct track *t, uint64_t now)
{
	if (!has_job(t))
		return;
	if (now >= silent_deadline(t)) {
		silent_too_long(e, t);
		return;
	}
	/* That the disk does not answer was said. */
	if (!is_delayed(t) || now < t->delay_told_at)
		return;
	if (t->silent_since == 0)
		tell(e, t, now);
	t->delay_told_at = now + (now - t->delayed_since < LONG_MS ? TELL_AGAIN_MS : TELL_LONG_MS);
}
