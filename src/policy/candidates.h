/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * candidates: several disks may match what a volume asks for. Which of them may be its disk, and
 * which were found not to be it.
 *
 * A part of a RAID array or of a multipath map begins with the header of the whole; a copy has the
 * same UUID; so has a disk that an attacker prepared. Such a disk must neither be opened nor keep
 * the right one, which may appear later, from being opened: it is named once, and then waited for
 * another one until the volume's time is over.
 */
#ifndef INTACT_POLICY_CANDIDATES_H
#define INTACT_POLICY_CANDIDATES_H
#include "policy/track.h"

/* Can dev, which ref names, be used as far as is known before it is read? CANDIDATE_KEPT: yes; else
 * CANDIDATE_PART or CANDIDATE_HELD, with a text that says why. */
enum candidate_state candidates_judge(const struct devref *ref, const struct device *dev,
				      char *text, size_t size);

/* May dev, which matches, be the disk of t as far as is known before its header is read? If not,
 * says why, once. */
bool candidates_fit(struct engine *e, struct track *t, const struct device *dev);

/* Is dev used only by the NAME_dif of t? It was made here ahead and is being removed, or an earlier
 * instance left it behind. */
bool candidates_is_own_lower(const struct track *t, const struct device *dev);

/* Keeps dev, which fits, for the case that the one that t uses now is dropped. False: it is kept
 * already. */
bool candidates_keep(struct track *t, const struct device *dev);

/*
 * The disk of t is not the one it should be: text says why, and what to do. Says it, and tries the
 * next candidate, or waits for one. Where no other disk can be meant, the volume has failed.
 */
void candidates_drop(struct engine *e, struct track *t, enum exit_code code, const char *text);

/* t waits for a disk again: tries one that was kept. */
void candidates_next(struct engine *e, struct track *t);

/* A device was removed: what is known of it no longer counts. */
void candidates_gone(struct track *t, const char *node);

/* Ends t at its deadline, when there were candidates. False: there were none. */
bool candidates_time_out(struct engine *e, struct track *t);

/* Looks again at the disks that something used. True, with one that is free now in *ret. */
bool candidates_freed(struct engine *e, struct track *t, struct device *ret);

#endif
