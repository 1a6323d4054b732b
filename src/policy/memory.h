/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory: which volume's worker may use how much memory and how many CPUs.
 *
 * A key derivation may need a gigabyte. What one worker was granted, no other gets; while people
 * type, workers reserve the memory ahead, and give it back when another volume could use it now.
 */
#ifndef INTACT_POLICY_MEMORY_H
#define INTACT_POLICY_MEMORY_H
#include "policy/track.h"

/*
 * Grants t the memory to try its keyslots with. False when it has to wait until others are done
 * with theirs: nothing that fits the machine is left out because another volume came first.
 */
bool memory_claim(struct engine *e, struct track *t, struct budget *ret);
/* What was granted to t is free again. */
void memory_free(struct track *t);

/* Has the workers of the volumes that wait for a passphrase reserve memory, first of the one whose
 * prompt is open. */
void memory_reserve(struct engine *e);

#endif
