/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/plan.h"

#include "base/texts.h"

bool plan_opens(const struct plan *plan, const struct entry *e)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].entry == e && plan->wanted[i].verdict != WANTED_LEFT_OUT)
			return true;
	return false;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_wanted; i++) {
		free(plan->wanted[i].name);
		config_free(&plan->wanted[i].before);
		header_at_free(&plan->wanted[i].header);
		stack_free(&plan->wanted[i].below);
	}
	free(plan->wanted);
	texts_free(plan->below, plan->n_below);
	free(plan->integrities);
	free(plan->others);
	texts_free(plan->lines, plan->n_lines);
	texts_free(plan->modules, plan->n_modules);
	findings_free(&plan->findings);
}
