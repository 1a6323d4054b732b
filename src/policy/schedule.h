/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schedule: which secret a volume tries, and who is asked for a passphrase.
 *
 * A volume tries its sources in the order of enum source: what a token of its header names in the
 * kernel's keyring, what a TPM gives for a token, its key file, the empty passphrase, the
 * passphrase that opened another volume, the passwords that other programs left in the kernel's
 * keyring, and then, as often as its tries allow, the TPM's PIN or a passphrase that a person types
 * for it.
 *
 * There is one prompt and one buffer for a passphrase (struct passphrase). From Enter on, volumes
 * read it; no other prompt opens as long as one of them does, or may still do so. It is wiped as
 * soon as no volume can use it any more.
 */
#ifndef INTACT_POLICY_SCHEDULE_H
#define INTACT_POLICY_SCHEDULE_H
#include "policy/track.h"

/* Starts, in the order of the configuration, all that can be started now: tries, a prompt, the
 * reservation of memory. To be called after every event. */
void schedule(struct engine *e);

/* The prompt ended. */
void schedule_prompt_done(struct engine *e, enum prompt_end end);
/* t's JOB_UNLOCK ended. */
void schedule_unlock_done(struct engine *e, struct track *t, const struct unlock *unlock);

/* Wipes the passphrase when no volume can use it any more. */
void schedule_settle(struct engine *e);

#endif
