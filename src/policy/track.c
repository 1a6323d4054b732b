/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/track.h"

#include "base/util.h"
#include "policy/verdict.h"

#include <stdio.h>

bool track_is_leg(const struct track *t)
{
	return t->v->leg && !t->v->nofail && !t->v->off;
}

bool track_is_spared(const struct track *t)
{
	return t->v->nofail || track_is_leg(t);
}

unsigned track_index(const struct engine *e, const struct track *t)
{
	return (unsigned)(t - e->tracks);
}

void track_say(struct engine *e, enum severity severity, const struct track *t, const char *fmt,
	       ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->ops->say(e->ctx, severity, t ? t->v->name : NULL, text);
}

/* --- end --- */

/* Ends its prompt and its worker, with all that the worker had. */
static void stop(struct engine *e, struct track *t)
{
	if (e->passphrase.state == PASSPHRASE_ASKED && e->passphrase.asked == t) {
		e->passphrase.state = PASSPHRASE_NONE;
		e->ops->prompt_close(e->ctx);
	}
	e->ops->job_kill(e->ctx, track_index(e, t));
	t->granted = 0;
	t->reservation = RESERVATION_NONE;
	t->typed = false;
}

/* Is there a mapping with the name of a volume that failed before it was opened? Somebody else made
 * it, and a boot that goes on (nofail) would take it for the volume. */
static bool taken(struct engine *e, const struct track *t)
{
	return track_is_spared(t) && t->v->expect != EXPECT_NOTHING && t->state <= TRACK_TRYING &&
	       e->ops->mapped(e->ctx, t->v->name);
}

/* t has failed, but its disk is all right. The data on a disk that the system left out only for
 * that would be old when it is unlocked again. */
static void locked(struct engine *e, const struct track *t)
{
	if (!track_is_leg(t) || e->legs == LEGS_ENOUGH)
		return;
	e->legs = LEGS_NOT_ENOUGH;
	track_say(
		e, SEVERITY_ERROR, t,
		"this disk is not missing, so the system does not start without it. Unlock it, or "
		"disconnect it.");
}

/* A promised volume is nobody else's, whatever failed, or what switches it off. */
static bool is_withheld(const struct track *t, enum outcome outcome, enum exit_code code)
{
	bool promised = t->v->promise && *t->v->promise;

	return (outcome == OUTCOME_FAILED && (promised || verdict_closes(code))) ||
	       (promised && t->v->off);
}

void track_end(struct engine *e, struct track *t, enum outcome outcome, enum exit_code code,
	       const char *text)
{
	struct result result = {
		.outcome = outcome,
		.code = code,
		.name = t->v->name,
		.node = t->dev.node,
		.header = t->disk_valid ? &t->disk.header : NULL,
		.keyslot = t->keyslot,
		.promised = t->v->promise,
		.text = text,
		.fresh = t->fresh,
		.unpinned = t->v->expect != EXPECT_NOTHING && !t->v->pins.key_digest[0],
		.withheld = is_withheld(t, outcome, code),
		.mapping = t->open_as[0] && !str_eq(t->open_as, t->v->name) ? t->open_as : NULL,
		.steps = &t->trace.steps,
		.stage = trace_end(&t->trace, outcome, code, e->ops->now(e->ctx)),
		.typed = t->wrong + t->pins_wrong +
			 (t->keyslot >= 0 && t->source >= SOURCE_TPM2_PIN),
		.implementation = t->trace.implementation,
	};

	/* Before the state changes: until the worker is dead it may read the passphrase. */
	stop(e, t);
	if (outcome == OUTCOME_FAILED && taken(e, t)) {
		t->stays = true;
		track_say(e, SEVERITY_ERROR, t,
			  "/dev/mapper/%s exists, but was not checked. The boot stops, so that "
			  "nothing uses it.",
			  t->v->name);
	}
	t->locked = outcome == OUTCOME_FAILED &&
		    (code == EXIT_CODE_PASSPHRASE || code == EXIT_CODE_MEMORY ||
		     t->state == TRACK_ASKING);
	t->state = TRACK_ENDED;
	t->outcome = outcome;
	t->code = code;
	if (outcome == OUTCOME_OPEN || outcome == OUTCOME_WAS_OPEN)
		e->opened_at = e->ops->now(e->ctx);
	e->ops->report(e->ctx, &result);
	if (t->locked)
		locked(e, t);
}

void track_fail(struct engine *e, struct track *t, enum exit_code code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	track_end(e, t, OUTCOME_FAILED, code, text);
}

void track_begin(struct engine *e, struct track *t)
{
	char text[300];

	if (!t->v->off)
		return;
	if (volume_is_required(t->v)) {
		track_fail(
			e, t, EXIT_CODE_REFUSED,
			"%s promises the integrity of %s, but it is switched off (%s).\n"
			"Boot without that parameter. Without the check the boot does not go on.",
			t->v->origin, t->v->name, t->v->off);
		return;
	}
	(void)snprintf(text, sizeof(text), "is switched off (%s)", t->v->off);
	track_end(e, t, OUTCOME_LEFT, EXIT_CODE_OK, text);
}

void track_reset_key(struct track *t)
{
	const struct file_place *place = t->v->keyfile;

	t->n_keys_tried = 0;
	if (!place)
		t->key = KEY_NONE;
	else if (!place_has_device(place) || t->key_dev.node[0])
		t->key = KEY_READY;
	else if (t->key != KEY_GIVEN_UP)
		t->key = KEY_AWAITED;
}

void track_lost(struct engine *e, struct track *t)
{
	stop(e, t);
	memset(&t->dev, 0, sizeof(t->dev));
	t->disk_valid = t->was_open = t->read_again = false;
	t->open_as[0] = t->busy[0] = '\0';
	t->tried = t->pins_wrong = 0;
	t->pin = false;
	t->accept = ACCEPT_NONE;
	track_reset_key(t);
	t->state = TRACK_WAITING;
}

/* --- what is waited for --- */

/* Its answer is being tried, or is about to be. */
static bool is_answered(const struct track *t)
{
	return t->state == TRACK_HOLDING || t->typed ||
	       (t->state == TRACK_TRYING && t->source >= SOURCE_TPM2_PIN);
}

static const char *what_is_asked(const struct track *t)
{
	if (t->accept != ACCEPT_NONE)
		return "whether to accept an older disk";
	return t->pin_asked ? "TPM2 PIN" : NULL;
}

void track_trace(struct engine *e)
{
	const struct passphrase *p = &e->passphrase;
	const uint64_t now = e->ops->now(e->ctx);

	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];
		bool asked = p->state == PASSPHRASE_ASKED && p->asked == t;

		if (t->state == TRACK_ENDED)
			continue;
		/* Whatever ran was for the disk that is gone. */
		if (t->state == TRACK_WAITING && !steps_running(&t->trace.steps, STEP_DISK))
			steps_end_all(&t->trace.steps, STEP_STOPPED, now);
		trace_wait(&t->trace, STEP_DISK, t->state == TRACK_WAITING, STEP_OK, t->dev.node,
			   now);
		trace_wait(&t->trace, STEP_HEADER_DISK, t->state == TRACK_HEADER, STEP_OK, NULL,
			   now);
		trace_wait(&t->trace, STEP_PROMPT, asked, is_answered(t) ? STEP_OK : STEP_STOPPED,
			   what_is_asked(t), now);
		trace_wait(&t->trace, STEP_MEMORY, t->state == TRACK_HOLDING, STEP_OK, NULL, now);
	}
}

/* --- jobs --- */

bool track_start(struct engine *e, struct track *t, enum track_state state,
		 struct job_request request)
{
	char file[200] = "";
	int r;

	t->state = state;
	t->progress.delay = DELAY_NONE;
	request.accept = t->accept == ACCEPT_GIVEN;
	str_copy(request.node, sizeof(request.node), t->dev.node);
	str_copy(request.header, sizeof(request.header), track_header_node(t));
	str_copy(request.name, sizeof(request.name), t->open_as[0] ? t->open_as : t->v->name);
	if (request.job == JOB_UNLOCK && request.source == SOURCE_KEYFILE)
		(void)place_format(t->v->keyfile, file, sizeof(file));
	trace_job(&t->trace, &request, request.header, file, t->failed_code, e->ops->now(e->ctx));
	r = e->ops->job_start(e->ctx, track_index(e, t), &request);
	if (r < 0)
		track_fail(e, t, r == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
			   "cannot start the process that opens %s: %s", t->dev.node, strerror(-r));
	return r >= 0;
}

bool track_start_plain(struct engine *e, struct track *t, enum track_state state, enum job job)
{
	return track_start(e, t, state, (struct job_request){ .job = job });
}

bool track_header_apart(const struct track *t)
{
	return t->v->detached && place_has_device(&t->v->header);
}

const char *track_header_node(const struct track *t)
{
	/* It turned out not to be detached. */
	bool same = t->v->header.kind == PLACE_DEVICE && t->header.devno == t->dev.devno;

	return track_header_apart(t) && !same ? t->header.node : "";
}

/* Is the header where JOB_HEADER can read it, as far as is known? */
static bool header_ready(const struct track *t)
{
	return (!track_header_apart(t) || t->header.node[0]) && !t->header_again;
}

void track_found(struct engine *e, struct track *t, const struct device *dev)
{
	if (dev != &t->dev)
		t->dev = *dev;
	if (!header_ready(t)) {
		t->state = TRACK_HEADER;
		return;
	}
	track_start_plain(e, t, TRACK_READING, JOB_HEADER);
}

void track_close(struct engine *e, struct track *t, enum exit_code code, const char *text)
{
	t->failed_code = code;
	str_copy(t->failed_text, sizeof(t->failed_text), text);
	track_start_plain(e, t, TRACK_CLOSING, JOB_CLOSE);
}

void track_refuse(struct engine *e, struct track *t, enum exit_code code, const char *text)
{
	if (track_is_spared(t) && verdict_closes(code))
		track_close(e, t, code, text);
	else
		track_end(e, t, OUTCOME_FAILED, code, text);
}
