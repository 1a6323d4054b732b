/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accept: a disk that is older than it should be, and the person who may know why: who restored a
 * backup types a word, then the passphrase once more.
 */
#ifndef INTACT_POLICY_ACCEPT_H
#define INTACT_POLICY_ACCEPT_H

#include "policy/track.h"

/* How long the word is waited for. */
#define ACCEPT_WAIT_MS 120000

/* The key of t is right, but its disk is refused, and is not open: says why, and asks. */
void accept_ask(struct engine *e, struct track *t, const char *why);
/* The same for a disk that is open: closes it first. */
void accept_close(struct engine *e, struct track *t, const char *why);
/* The question. */
void accept_request(const struct engine *e, const struct track *t, struct prompt_request *ret);
/* A line was typed (NULL: the prompt ended without); t is ready for the next prompt, or has ended,
 * also if its mapping could not be removed. */
void accept_answered(struct engine *e, struct track *t, const struct secret *answer);
/* Any prompt of t was open for too long. */
void accept_timed_out(struct engine *e, struct track *t);
/* The disk is opened all the same: says why that is worth saying. */
void accept_report(struct engine *e, const struct track *t, const struct fresh_verdict *fresh);
/* There is no answer: t is refused. */
void accept_ends(struct engine *e, struct track *t);

#endif
