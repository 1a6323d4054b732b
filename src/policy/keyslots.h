/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyslots: which keyslots are tried with a secret, in which order, and how many at the same time.
 *
 * Pure policy over the header and the machine.
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

#define KEYSLOTS_WHY_MAX 160

/* May it be used at all, alone? See policy/allowed.h. */
bool keyslots_usable(const struct header *h, const struct keyslot *slot);
/* "keyslot 1 uses an unknown key derivation; keyslot 2 …": those that may not be used, alone or
 * beside the others. Returns how many they are. */
size_t keyslots_refused(const struct header *h, char *buf, size_t size);

/* Only usable keyslots are planned. only: the keyslot that the option key-slot= asks for, or
 * KEYSLOT_ANY. */
void keyslots_plan(const struct header *h, int only, const struct budget *budget,
		   struct keyslot_plan *ret);

/* Leaves only the keyslots of the set, a bit for each. */
void keyslots_restrict(struct keyslot_plan *plan, uint32_t set);

enum slot_state { SLOT_WAITING, SLOT_RUNNING, SLOT_ENDED };

/* The index of the plan's slot that starts now, beside those that run; -1: none starts until one of
 * these has ended. */
int keyslots_next(const struct keyslot_plan *plan, const struct budget *budget,
		  const enum slot_state *states);

/* KiB of memory for the slots that start first, with the eighth that stays free beside them. */
uint64_t keyslots_want(const struct header *h, int only, const struct budget *budget);
/* KiB of memory that the largest keyslot within the budget needs: with less, it could not be tried.
 */
uint64_t keyslots_floor(const struct header *h, int only, const struct budget *budget);

/* "keyslot 1 asks for 2048 MiB of memory, more than the 512 MiB this machine has; keyslot 2 …", or
 * "". */
void keyslots_explain(const struct keyslot_plan *plan, const struct budget *budget, char *buf,
		      size_t size);

#endif
