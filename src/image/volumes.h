/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * volumes: which of the wanted volumes have integrity protection, and the lines that the image gets
 * for each.
 */
#ifndef INTACT_IMAGE_VOLUMES_H
#define INTACT_IMAGE_VOLUMES_H

#include "image/host.h"
#include "image/plan.h"

/* Sets the verdict from the header and explains it in the findings. */
void plan_judge(struct plan *plan, const struct host *host, struct wanted *w,
		const char *kernel_version);
/* Adds the lines of a volume that is not left out. */
void plan_volume(struct plan *plan, const struct host *host, const struct wanted *w);

#endif
