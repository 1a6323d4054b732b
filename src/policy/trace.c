/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/trace.h"

#include "base/util.h"

void trace_wait(struct trace *t, enum step_kind kind, bool wanted, enum step_end end,
		const char *text, uint64_t now)
{
	bool runs = steps_running(&t->steps, kind) != NULL;

	if (wanted && !runs)
		steps_begin(&t->steps, kind, STEP_NO_NUMBER, now, NULL);
	else if (!wanted && runs)
		steps_end(&t->steps, kind, end, now, text);
}

/* --- where it is --- */

/* Neither a part of another step nor work beside it. */
static bool is_main(enum step_kind kind)
{
	return kind == STEP_DISK || kind == STEP_HEADER_DISK || kind == STEP_HEADER ||
	       kind == STEP_PROMPT || kind == STEP_MEMORY || kind == STEP_TRY || kind == STEP_CHECK;
}

static struct step *last_step(struct steps *s)
{
	for (size_t i = s->n; i-- > 0;)
		if (is_main((enum step_kind)s->list[i].t.kind))
			return &s->list[i];
	return NULL;
}

/* The last step, or the part of it that failed. */
static enum step_kind stage_of(struct steps *s)
{
	const struct step *step = last_step(s);

	if (!step)
		return STEP_NONE;
	for (const struct step *part = step + 1; part < s->list + s->n; part++)
		if (part->t.end == STEP_FAILED || part->t.end == STEP_REFUSED)
			return (enum step_kind)part->t.kind;
	return (enum step_kind)step->t.kind;
}

static enum step_end end_for(enum exit_code code)
{
	return code == EXIT_CODE_REFUSED ? STEP_REFUSED : STEP_FAILED;
}

/* The job of the last step is done, but what it found is no good. */
static void mark_last(struct steps *s, enum exit_code code)
{
	struct step *step = last_step(s);

	if (step && step->t.end == STEP_OK)
		step->t.end = (uint8_t)end_for(code);
}

/* --- jobs --- */

static const enum step_kind kinds[] = {
	[JOB_HEADER] = STEP_HEADER, [JOB_MODULES] = STEP_MODULES, [JOB_RESERVE] = STEP_NONE,
	[JOB_RELEASE] = STEP_NONE,  [JOB_UNLOCK] = STEP_TRY,	  [JOB_VERIFY] = STEP_CHECK,
	[JOB_CLOSE] = STEP_CLOSE,
};

void trace_job(struct trace *t, const struct job_request *request, const char *header,
	       const char *text, enum exit_code code, uint64_t now)
{
	enum step_kind kind = kinds[request->job];

	t->stage = STEP_NONE;
	if (request->job == JOB_CLOSE) {
		mark_last(&t->steps, code);
		t->stage = stage_of(&t->steps);
	}
	steps_end(&t->steps, STEP_DISK, STEP_OK, now, request->node);
	steps_end(&t->steps, STEP_HEADER_DISK, STEP_OK, now, header);
	if (kind != STEP_NONE)
		steps_begin(&t->steps, kind,
			    kind == STEP_TRY ? (int)request->source : STEP_NO_NUMBER, now, text);
}

static enum step_end end_of_try(const struct unlock *unlock)
{
	static const enum step_end ends[] = {
		[UNLOCK_OK] = STEP_OK,	       [UNLOCK_WRONG] = STEP_WRONG,
		[UNLOCK_FAILED] = STEP_FAILED, [UNLOCK_STALE] = STEP_REFUSED,
		[UNLOCK_NO_KEY] = STEP_NO_KEY,
	};

	return ends[unlock->status];
}

static void tried(struct trace *t, const struct unlock *unlock, uint64_t now)
{
	bool why = unlock->status == UNLOCK_NO_KEY && unlock->text[0];

	if (unlock->status == UNLOCK_NO_KEY && unlock->pin)
		steps_end(&t->steps, STEP_TRY, STEP_NO_KEY, now, "wants a PIN");
	else
		steps_end(&t->steps, STEP_TRY, end_of_try(unlock), now, why ? unlock->text : NULL);
}

void trace_job_done(struct trace *t, const struct job_result *result, uint64_t now)
{
	enum step_kind kind = kinds[result->job];

	if (result->died) {
		steps_end_all(&t->steps, STEP_FAILED, now);
		return;
	}
	if (kind == STEP_TRY)
		tried(t, &result->unlock, now);
	else if (kind == STEP_MODULES && (result->modules.failed[0] || result->modules.missing[0]))
		steps_end(&t->steps, kind, STEP_FAILED, now,
			  result->modules.failed[0] ? result->modules.failed :
						      result->modules.missing);
	else
		steps_end(&t->steps, kind, STEP_OK, now, NULL);
	steps_take(&t->steps, &result->timings);
	if (kind == STEP_CHECK)
		str_copy(t->implementation, sizeof(t->implementation),
			 result->opened.implementation);
}

/* --- the end --- */

enum step_kind trace_end(struct trace *t, enum outcome outcome, enum exit_code code, uint64_t now)
{
	steps_end(&t->steps, STEP_MODULES, STEP_STOPPED, now, NULL);
	if (outcome != OUTCOME_FAILED) {
		steps_end_all(&t->steps, STEP_STOPPED, now);
		return STEP_NONE;
	}
	steps_end_all(&t->steps, end_for(code), now);
	if (t->stage != STEP_NONE)
		return t->stage;
	mark_last(&t->steps, code);
	return stage_of(&t->steps);
}
