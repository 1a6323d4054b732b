/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_state: how far a scrub of a volume is and what it found, as it is kept between two runs.
 */
#ifndef INTACT_FACTS_SCRUB_STATE_H
#define INTACT_FACTS_SCRUB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs of bad sectors; what comes after is only counted. */
#define SCRUB_RUNS_MAX 4096
#define SCRUB_STATE_MAX (256 * 1024) /* bytes of its text */

struct scrub_run {
	uint64_t offset, len; /* bytes, on the opened volume */
	bool medium; /* the disk could not read it; else its integrity tag does not match */
};

struct scrub_state {
	uint64_t size;		/* bytes of the volume */
	uint64_t position;	/* all before it was read */
	uint64_t begun;		/* seconds since 1970; 0: no pass is under way */
	uint64_t last;		/* the end of the last complete pass; 0: there was none */
	uint64_t last_bad;	/* bytes that it found */
	uint64_t more;		/* bad bytes that are in no run */
	struct scrub_run *runs; /* in no order; freed by the caller */
	size_t n_runs;
};

/* Adds a bad place; one that follows the last run makes that one longer. */
void scrub_state_add(struct scrub_state *s, const struct scrub_run *bad);
/* Keeps what is before end, in the order of the volume, and each place once. */
void scrub_state_cut(struct scrub_state *s, uint64_t end);
/* Bytes, of all runs and more. */
uint64_t scrub_state_bad(const struct scrub_state *s);

/* To be freed. */
char *scrub_state_write(const struct scrub_state *s);
/* False: the text is not such a state; *ret is untouched. */
bool scrub_state_read(const char *text, struct scrub_state *ret);

#endif
