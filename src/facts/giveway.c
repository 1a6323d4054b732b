/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/giveway.h"

#define READ_MS 10000
#define LISTEN_MS 200
#define BUSY 20 /* percent of that moment */
/* Where others are never done. */
#define PAUSE_MAX_MS 27000
#define READ_CROWDED_MS 3000

void giveway_begin(struct giveway *g, uint64_t now_ms)
{
	*g = (struct giveway){ .since = now_ms, .looked = now_ms };
}

bool giveway_due(const struct giveway *g, uint64_t now_ms)
{
	uint64_t wait = g->pause ? LISTEN_MS : g->crowded ? READ_CROWDED_MS : READ_MS;

	return now_ms - g->looked >= wait;
}

void giveway_step(struct giveway *g, uint64_t now_ms, uint64_t stalled_us)
{
	/* A tick that came late has listened for longer. */
	uint64_t listened = now_ms - g->looked;
	bool quiet = stalled_us - g->stalled < listened * 1000 * BUSY / 100;
	bool long_enough = now_ms - g->since >= PAUSE_MAX_MS;

	if (!g->pause || quiet || long_enough) {
		if (g->pause)
			g->crowded = !quiet;
		g->pause = !g->pause;
		g->since = now_ms;
	}
	g->looked = now_ms;
	g->stalled = stalled_us;
}
