/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/headers.h"

#include "config/loops.h"

bool headers_absent(const struct wanted *w)
{
	return wanted_detached(w) && !w->header.path && !w->header.same;
}

void headers_explain_absent(struct findings *findings, const struct wanted *w,
			    const char *kernel_version)
{
	const struct file_place *place = &wanted_volume(w)->header;
	char text[1400];

	/* A file belongs into the image: that it is not there is said where it is copied. */
	if (place->kind != PLACE_IMAGE)
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: its detached header (%s) is not visible here%s%s, so the image gets the "
			"modules for every kind of integrity that kernel %s supports",
			w->name, place_format(place, text, sizeof(text)),
			w->header.why[0] ? ": " : "", w->header.why, kernel_version);
}

/* It is open, so it has a header; the image cannot open it with what is known. */
static void judge_unknown(struct plan *plan, const struct wanted *w)
{
	char text[1400];

	if (wanted_detached(w))
		findings_add(
			&plan->findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
			"%s: it is open with integrity protection, but its detached header (%s) is "
			"no LUKS2 header: correct header= in crypttab",
			w->name, place_format(&wanted_volume(w)->header, text, sizeof(text)));
	else
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s: it is open with integrity protection, but %s has no LUKS2 header: its "
			"header is detached, and the image cannot open the volume unless crypttab says "
			"where the header is (header=)",
			w->name, w->node);
}

void headers_judge(struct plan *plan, const struct wanted *w)
{
	char text[1400];

	if (w->dif && w->disk.kind == HEADER_NOT_LUKS)
		judge_unknown(plan, w);
	if (w->disk.data_luks && w->verdict != WANTED_LEFT_OUT)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s: %s begins with a LUKS header of its own, which the image does not "
			"use: crypttab says that the header is in %s",
			w->name, w->node,
			place_format(&wanted_volume(w)->header, text, sizeof(text)));
}

/* --- loops --- */

static const char *name_of(void *arg, size_t i)
{
	const struct plan *plan = arg;

	return plan->wanted[i].name;
}

/* What stands below the header is known as far as it is there now; else its name tells. */
static bool needs(void *arg, size_t a, size_t b, const char **ret_what)
{
	const struct plan *plan = arg;
	const struct wanted *w = &plan->wanted[a], *other = &plan->wanted[b];

	for (size_t i = 0; i < w->header.stack.n_mappings; i++)
		if (str_eq(w->header.stack.mappings[i].name, other->name)) {
			*ret_what = "header";
			return true;
		}
	return wanted_volume(w) && wanted_volume(other) &&
	       loops_volume_needs(wanted_volume(w), wanted_volume(other), ret_what);
}

static void add(void *arg, const char *text, const size_t *loop, size_t len)
{
	enum severity severity = SEVERITY_WARNING;
	struct plan *plan = arg;

	for (size_t i = 0; i < len; i++)
		if (wanted_needed(&plan->wanted[loop[i]]))
			severity = SEVERITY_ERROR;
	findings_add(&plan->findings, severity,
		     "%s: no image can open this; move the header or the disk out of the loop",
		     text);
}

void headers_loops(struct plan *plan)
{
	loops_find(plan->n_wanted, name_of, needs, add, plan);
}
