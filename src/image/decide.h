/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide: everything that is decided once the headers are read, in its order.
 */
#ifndef INTACT_IMAGE_DECIDE_H
#define INTACT_IMAGE_DECIDE_H

#include "image/host.h"
#include "image/modules.h"
#include "image/plan.h"

/* Judges the volumes of plan_select(), then adds the lines, the modules and the findings. */
void plan_decide(struct plan *plan, const struct host *host, const struct image_kernel *kernel);

#endif
