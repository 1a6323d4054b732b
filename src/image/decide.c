/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/decide.h"

#include "image/pins.h"
#include "image/volumes.h"

void plan_decide(struct plan *plan, const struct host *host, const struct image_kernel *kernel)
{
	bool anything = kernel->generic;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		plan_judge(plan, &plan->wanted[i], kernel->version);
		anything |= plan->wanted[i].verdict != WANTED_LEFT_OUT;
	}
	if (!anything) {
		findings_add(
			&plan->findings, SEVERITY_NOTE,
			"no LUKS2 volume with integrity is below /, /usr or the resume device: the "
			"image needs nothing from intact");
		return;
	}
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].verdict != WANTED_LEFT_OUT)
			plan_volume(plan, host, &plan->wanted[i]);
	plan_modules(plan, kernel);
	pins_missing(plan);
}
