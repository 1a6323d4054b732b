/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/decide.h"

#include "base/texts.h"
#include "image/headers.h"
#include "image/legs.h"
#include "image/pins.h"
#include "image/standalone.h"
#include "image/tpm.h"
#include "image/volumes.h"

/* In the lines of our volumes, discard is dropped. Other programs pass it to libcryptsetup, which
 * then opens no volume with integrity. */
static void judge_others(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_others; i++) {
		const struct entry *e = plan->others[i].entry;

		if (!plan_opens(plan, e) && plan->others[i].disk.kind == HEADER_LUKS2 &&
		    plan->others[i].disk.header.integrity[0])
			findings_add(
				&plan->findings, SEVERITY_WARNING,
				"%s: remove the option discard: %s has integrity protection, and "
				"cryptsetup and systemd, which open %s after the boot, fail with "
				"that option",
				entry_volume(e)->origin, e->node, e->name);
	}
}

/* A line that was not understood may be that of root. */
static void say_nothing(struct plan *plan, const struct host *host)
{
	if (host->tab.n_broken)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"the image gets nothing from intact, because no volume was found that it "
			"needs; but lines of crypttab are left out: correct them");
	else
		findings_add(
			&plan->findings, SEVERITY_NOTE,
			"no LUKS2 volume with integrity is below /, /usr or the resume device: the "
			"image needs nothing from intact");
}

static void judge_recovery(struct plan *plan, const struct wanted *w)
{
	const struct volume *v = w->entry ? entry_volume(w->entry) : NULL;

	if (v && v->options & DM_OPTION_RECOVERY)
		findings_add(&plan->findings, SEVERITY_WARNING,
			     "%s: x-intact.recovery opens %s read-only and leaves out the last "
			     "writes, at each boot. Give it on the kernel command line, for one "
			     "boot: rd.luks.options=UUID=x-intact.recovery",
			     v->origin, v->name);
}

void plan_decide(struct plan *plan, const struct host *host, const struct image_kernel *kernel)
{
	bool anything = kernel->generic;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		plan_judge(plan, host, &plan->wanted[i], kernel->version);
		anything |= plan->wanted[i].verdict != WANTED_LEFT_OUT;
	}
	judge_others(plan);
	headers_loops(plan);
	plan_standalones(plan, host);
	if (!anything && plan->n_integrities == 0) {
		say_nothing(plan, host);
		return;
	}
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].verdict != WANTED_LEFT_OUT) {
			plan_volume(plan, host, &plan->wanted[i]);
			judge_recovery(plan, &plan->wanted[i]);
		}
	if (plan->resumes_elsewhere && !kernel->generic)
		texts_add(&plan->lines, &plan->n_lines, "resume elsewhere");
	plan_tpm_files(plan, host);
	plan_modules(plan, kernel);
	pins_missing(plan);
	legs_warn_resume(plan, host);
}
