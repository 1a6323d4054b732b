/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone: the standalone dm-integrity devices (integritysetup) below what the image must open,
 * and their lines in the image.
 */
#ifndef INTACT_IMAGE_STANDALONE_H
#define INTACT_IMAGE_STANDALONE_H

#include "image/host.h"
#include "image/plan.h"

/* The devices in the stack are below something that the image opens. */
void standalones_want(struct plan *plan, const struct stack *stack);
/* Adds the lines of all that are wanted, and the findings about them. */
void plan_standalones(struct plan *plan, const struct host *host);

#endif
