/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legs: volumes that hold the root together, and those that hold a hibernated system.
 */
#ifndef INTACT_IMAGE_LEGS_H
#define INTACT_IMAGE_LEGS_H

#include "image/host.h"
#include "image/plan.h"

/* Is it one of several volumes side by side below the root that is mounted now? Valid after
 * plan_judge() of all volumes. Whether the root starts without it shows at boot. */
bool legs_is_leg(const struct plan *plan, const struct wanted *w);

/* Warns where the system would hibernate to a volume with integrity, which loses its image. */
void legs_warn_resume(struct plan *plan, const struct host *host);

#endif
