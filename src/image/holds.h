/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holds: whether the image knows that the root, /usr and what a hibernated system is resumed from
 * are on its volumes and nowhere else. Then the boot does not go on from another disk
 * (unlock/handover.h), and resumes from no other (unlock/hibernation.h).
 */
#ifndef INTACT_IMAGE_HOLDS_H
#define INTACT_IMAGE_HOLDS_H

#include "image/host.h"
#include "image/plan.h"

/* The value of x-intact.holds for the volume, to be freed; NULL: it gets none. Valid after
 * plan_judge() of all volumes. */
char *holds_value(const struct plan *plan, const struct host *host, const struct wanted *w);

#endif
