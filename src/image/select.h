/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select: which volumes the image may have to open, before any header is read.
 */
#ifndef INTACT_IMAGE_SELECT_H
#define INTACT_IMAGE_SELECT_H

#include "image/host.h"
#include "image/plan.h"

/* Adds the volumes in the order in which they are opened. Their entries point into host, whose
 * lines of crypttab are marked where they are passed over. */
void plan_select(struct plan *plan, struct host *host);

#endif
