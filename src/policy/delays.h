/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delays: a job that takes long: its disk does not answer, or it waits for the TPM or reads all
 * integrity tags. A person who has pressed Enter is told, instead of looking at a still screen.
 */
#ifndef INTACT_POLICY_DELAYS_H
#define INTACT_POLICY_DELAYS_H

#include "policy/track.h"

/* See engine_device_silent(). */
void delays_silent(struct engine *e, const char *node, bool silent);
/* The job of t, which has one, waits for this. */
void delays_note(struct engine *e, struct track *t, const struct progress *progress);
/* When delays_tick() is to be called; WAIT_FOREVER: never. */
uint64_t delays_deadline(const struct track *t);
/* For a track that does not wait for its disk. */
void delays_tick(struct engine *e, struct track *t, uint64_t now);

#endif
