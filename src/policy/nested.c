/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/nested.h"

/* What is on a volume appears so long after it was opened, and is started without its missing disks
 * when a third of that is left. */
#define APPEAR_MS 15000

static bool is_needed(const struct track *t)
{
	return !t->v->nofail && !t->v->off;
}

/* Its disk is there, and it may still be opened. */
static bool is_on_its_way(const struct track *t)
{
	return t->state > TRACK_HEADER && t->state < TRACK_ENDED && is_needed(t);
}

static bool may_be_below(const struct engine *e, const struct track *t)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct track *other = &e->tracks[i];

		/* The legs of one root are beside each other. */
		if (other != t && is_on_its_way(other) && !(track_is_leg(other) && track_is_leg(t)))
			return true;
	}
	return false;
}

static uint64_t later(const struct engine *e, const struct track *t, uint64_t at, uint64_t after)
{
	if (!is_needed(t))
		return at;
	if (may_be_below(e, t))
		return WAIT_FOREVER;
	return e->opened_at > 0 && e->opened_at + after > at ? e->opened_at + after : at;
}

uint64_t nested_wait(const struct engine *e, const struct track *t, uint64_t until)
{
	return later(e, t, until, APPEAR_MS);
}

uint64_t nested_start(const struct engine *e, const struct track *t, uint64_t at)
{
	return later(e, t, at, APPEAR_MS / 3 * 2);
}
