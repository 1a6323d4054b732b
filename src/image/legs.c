/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/legs.h"

static bool holds_root(const struct wanted *w)
{
	return (w->uses & USE_ROOT) && w->verdict != WANTED_LEFT_OUT;
}

bool legs_is_leg(const struct plan *plan, const struct wanted *w)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		if (!holds_root(&plan->wanted[i]))
			continue;
		/* A volume on a mapping may stand on another of them. */
		if (plan->wanted[i].mapped[0])
			return false;
		n++;
	}
	/* Of a system that does not run, crypttab's volumes are only guessed to be below the root.
	 */
	return plan->runs_here && holds_root(w) && n > 1;
}

/* Does anybody ask for it, or does the generator only take the largest swap? */
static bool is_resume_set(const struct host *host)
{
	const char *setting = host->resume_setting.spec;

	return host->resume_cmdline.spec ||
	       (setting && !str_eq(setting, "auto") && !str_eq(setting, "none"));
}

void legs_warn_resume(struct plan *plan, const struct host *host)
{
	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct wanted *w = &plan->wanted[i];

		if ((w->uses & USE_RESUME) && wanted_protected(w))
			findings_add(
				&plan->findings,
				is_resume_set(host) ? SEVERITY_WARNING : SEVERITY_NOTE,
				"%s: do not hibernate to this volume: the kernel switches off before "
				"dm-integrity has written everything, and the next boot starts "
				"afresh (see intact(8), HIBERNATION)",
				w->name);
	}
}
