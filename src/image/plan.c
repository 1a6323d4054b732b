/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/plan.h"

void plan_image(struct plan *plan, const struct host *host, const struct needs_kernel *kernel)
{
	bool anything = kernel->generic;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		plan_judge(plan, &plan->wanted[i], kernel->version);
		anything |= plan->wanted[i].verdict != LEAVE;
	}
	if (!anything) {
		findings_add(
			&plan->findings, SEVERITY_NOTE,
			"nothing under /, /usr or the resume device is a LUKS2 volume with integrity: the "
			"image needs nothing");
		return;
	}
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].verdict != LEAVE)
			plan_volume(plan, host, &plan->wanted[i]);
	plan_modules(plan, kernel);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		free(plan->wanted[i].name);
	free(plan->wanted);
	texts_free(plan->lines, plan->n_lines);
	texts_free(plan->modules, plan->n_modules);
	findings_free(&plan->findings);
}
