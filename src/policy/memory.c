/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/memory.h"

#include "policy/keyslots.h"

static uint64_t granted_to_others(const struct engine *e, const struct track *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < e->n; i++)
		if (&e->tracks[i] != t)
			sum += e->tracks[i].granted;
	return sum;
}

/* What there is for t: the memory that others do not have, and its share of the CPUs among those
 * that try now. */
static struct budget budget_beside(struct engine *e, const struct track *t)
{
	uint64_t others = granted_to_others(e, t);
	struct budget b;
	unsigned trying = 1;

	/* Read only while nothing is granted: memory that workers have taken would be missing. */
	if (others == 0 && t->granted == 0)
		e->ops->machine(e->ctx, &e->machine);
	b = e->machine;
	for (size_t i = 0; i < e->n; i++)
		if (&e->tracks[i] != t && e->tracks[i].state == TRACK_TRYING)
			trying++;
	b.cpus = b.cpus > trying ? b.cpus / trying : 1;
	b.memory = b.memory > others ? b.memory - others : 0;
	return b;
}

static bool uses_memory(const struct track *t)
{
	return t->state == TRACK_TRYING || t->state == TRACK_CHECKING;
}

/* Has the others give back what they only reserve. */
static void release_others(struct engine *e, const struct track *t)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *other = &e->tracks[i];

		if (other != t && other->granted > 0 && !uses_memory(other) &&
		    other->reservation != RESERVATION_RETURNS &&
		    track_start_plain(e, other, other->state, JOB_RELEASE))
			other->reservation = RESERVATION_RETURNS;
	}
}

bool memory_claim(struct engine *e, struct track *t, struct budget *ret)
{
	struct budget b;
	uint64_t want, least;

	if (t->reservation == RESERVATION_RETURNS)
		return false;
	b = budget_beside(e, t);
	want = keyslots_want(&t->disk.header, t->v->keyslot, &b);
	least = keyslots_floor(&t->disk.header, t->v->keyslot, &e->machine);
	if (b.memory < least && granted_to_others(e, t) > 0) {
		release_others(e, t);
		return false;
	}
	if (want < least)
		want = least;
	if (want < t->granted)
		want = t->granted;
	b.memory = t->granted = want < b.memory ? want : b.memory;
	t->reservation = RESERVATION_NONE;
	*ret = b;
	return true;
}

void memory_free(struct track *t)
{
	t->granted = 0;
	t->reservation = RESERVATION_NONE;
}

/* A quarter of the machine's memory stays free for everything else that runs meanwhile: the prompt
 * may stay open for hours. */
static void reserve(struct engine *e, struct track *t)
{
	struct budget b = budget_beside(e, t);
	uint64_t spare = e->machine.memory / 4, want;
	bool made = t->reservation == RESERVATION_MADE;

	b.memory = b.memory > spare ? b.memory - spare : 0;
	want = keyslots_want(&t->disk.header, t->v->keyslot, &b);
	if (want > b.memory)
		want = 0; /* the worker still makes ready all that needs no memory */
	if (made && (t->granted > 0 || want == 0))
		return;
	b.memory = t->granted = want;
	if (track_start(e, t, t->state, (struct job_request){ .job = JOB_RESERVE, .budget = b }))
		t->reservation = RESERVATION_MADE;
}

static void reserve_in(struct engine *e, enum track_state state)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == state && e->tracks[i].reservation != RESERVATION_RETURNS)
			reserve(e, &e->tracks[i]);
}

void memory_reserve(struct engine *e)
{
	reserve_in(e, TRACK_ASKING);
	reserve_in(e, TRACK_READY);
}
