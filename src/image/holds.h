/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holds: whether the image knows that the root and /usr are on its volumes and nowhere else. Then
 * the boot does not go on from another disk (unlock/handover.h).
 */
#ifndef INTACT_IMAGE_HOLDS_H
#define INTACT_IMAGE_HOLDS_H

#include "image/host.h"
#include "image/plan.h"

/* The value of x-intact.holds for the volume; NULL: it gets none. Valid after plan_judge() of all
 * volumes. */
const char *holds_value(const struct plan *plan, const struct host *host, const struct wanted *w);

#endif
