/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyslots: which keyslots are tried with a secret, in which order, and how many side by side.
 *
 * Pure policy over what the header says and what the machine has.
 */
#ifndef INTACT_POLICY_KEYSLOTS_H
#define INTACT_POLICY_KEYSLOTS_H

#include "facts/job.h"

#include <stddef.h>

struct keyslot_plan {
	struct keyslot slots[KEYSLOTS_MAX]; /* to be tried, in this order */
	size_t n;
	struct keyslot left[KEYSLOTS_MAX]; /* cannot be tried on this machine */
	size_t n_left;
};

/* only: the keyslot that the option key-slot= asks for, or KEYSLOT_ANY. */
void keyslots_plan(const struct header *h, int only, const struct budget *budget,
		   struct keyslot_plan *ret);

enum slot_state { SLOT_WAITING, SLOT_RUNNING, SLOT_ENDED };

/* Which of the plan's slots is started now, beside those that run; -1: none as long as they do. */
int keyslots_next(const struct keyslot_plan *plan, const struct budget *budget,
		  const enum slot_state *states);

/* KiB that the slots which are started first need together, with what must stay free beside them.
 */
uint64_t keyslots_want(const struct header *h, int only, const struct budget *budget);
/* KiB below which a keyslot would be left out that the budget has room for. */
uint64_t keyslots_floor(const struct header *h, int only, const struct budget *budget);

/* "keyslot 1 asks for 2048 MiB of memory, more than the 512 MiB this machine has; keyslot 2 …", or
 * "". */
void keyslots_explain(const struct keyslot_plan *plan, const struct budget *budget, char *buf,
		      size_t size);

#endif
