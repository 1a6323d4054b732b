/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * giveway: when a scrub reads, and when it leaves the disks to other programs; pure.
 *
 * Every few seconds it pauses for a moment: its own reads stand still then, and what still waits
 * for a disk is another program's. As long as one does, it stays quiet, but not for ever: the
 * kernel counts a program that waits for a dead network disk as well. At least a tenth of the time
 * is its own.
 */
#ifndef INTACT_FACTS_GIVEWAY_H
#define INTACT_FACTS_GIVEWAY_H

#include <stdbool.h>
#include <stdint.h>

struct giveway {
	bool pause;
	bool crowded;	  /* the last pause ended only because it was long enough */
	uint64_t since;	  /* the begin of this pause, or of the reading before the next; ms */
	uint64_t looked;  /* ms */
	uint64_t stalled; /* at that time */
};

void giveway_begin(struct giveway *g, uint64_t now_ms);
/* Is it time to call giveway_step()? */
bool giveway_due(const struct giveway *g, uint64_t now_ms);
/* Sets pause. stalled_us: for how long any program has waited for a disk, ever. */
void giveway_step(struct giveway *g, uint64_t now_ms, uint64_t stalled_us);

#endif
