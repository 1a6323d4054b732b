/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins: what the image demands of the LUKS2 header of a volume, and what contradicts it.
 *
 * The header is not authenticated. An image is made where the disk is known to be good, so it takes
 * from the header what must be there at every later boot. What was demanded once stays: an image
 * that is made after a disk was exchanged demands the old facts, until `intact pin` accepts the new
 * ones with a passphrase.
 */
#ifndef INTACT_IMAGE_PINS_H
#define INTACT_IMAGE_PINS_H

#include "config/promise.h"
#include "image/plan.h"

/* The value that the image's line gets for an option that crypttab does not have; "": none. Valid
 * after plan_judge(). */
void pins_value(const struct wanted *w, enum promise p, char ret[static PROMISE_MAX]);

/* Does the header have something else than v demands? false also for what is not known. */
bool pins_differ(const struct volume *v, const struct header *h, enum promise p);

/* All that the header has, as options of crypttab, with this demand of x-intact.fresh=; the caller
 * frees it. */
char *pins_options(const struct header *h, enum fresh_demand fresh, bool tags);

/* May the header be opened at all, by the lists of policy/allowed.h? Not without a usable keyslot.
 */
bool pins_allowed(const struct header *h);

/* Adds what contradicts the header of a volume that has the verdict WANTED_PROTECTED, and pins in
 * crypttab that no disk can satisfy. */
void pins_judge(struct plan *plan, const struct wanted *w);

/* Adds, at the end, the sentence about volumes of which nothing is pinned. */
void pins_missing(struct plan *plan);

#endif
