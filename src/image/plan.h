/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what an image must contain, as far as it is decided.
 *
 * select.c fills in the volumes, then the survey reads their headers, then decide.c does the rest.
 */
#ifndef INTACT_IMAGE_PLAN_H
#define INTACT_IMAGE_PLAN_H

#include "base/findings.h"
#include "facts/standalone.h"
#include "image/wanted.h"

/* A volume of crypttab with an option that its disk may not bear. */
struct other {
	const struct entry *entry;
	struct disk disk; /* read after plan_select() */
};

struct plan {
	bool runs_here; /* the image is for the system that is mounted at / */
	bool booted;	/* and the kernel that runs was booted for that one */
	/* A hibernated system is certain to be on none of the volumes that intact opens. */
	bool resumes_elsewhere;
	/* It is certain to be on nothing but open volumes with integrity. */
	bool resumes_here;
	struct other *others;
	size_t n_others;
	struct wanted *wanted;
	size_t n_wanted;
	/* Names of the standalone dm-integrity devices below all that; and those that get a line.
	 */
	char **below;
	size_t n_below;
	struct standalone *integrities;
	size_t n_integrities;
	char **lines; /* "integrity …", "volume …", "file …" and "resume elsewhere" */
	size_t n_lines;
	char **modules; /* in load order */
	size_t n_modules;
	struct findings findings;
};

/* Does the image open the volume of a line of crypttab? Valid after plan_judge() of all. */
bool plan_opens(const struct plan *plan, const struct entry *e);
void plan_free(struct plan *plan);

#endif
