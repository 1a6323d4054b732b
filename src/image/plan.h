/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what an image must contain, as far as it is decided.
 *
 * select.c fills in the volumes, then the survey reads their headers, then decide.c does the rest.
 */
#ifndef INTACT_IMAGE_PLAN_H
#define INTACT_IMAGE_PLAN_H

#include "base/findings.h"
#include "image/wanted.h"

struct plan {
	bool runs_here; /* the image is for the system that runs now */
	struct wanted *wanted;
	size_t n_wanted;
	char **lines; /* "volume …" and "file …" */
	size_t n_lines;
	char **modules; /* in load order */
	size_t n_modules;
	struct findings findings;
};

void plan_free(struct plan *plan);

#endif
