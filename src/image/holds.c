/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/holds.h"

#include "base/util.h"

static bool all_protected(const struct plan *plan, unsigned use)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		if ((plan->wanted[i].uses & use) && !wanted_protected(&plan->wanted[i]))
			return false;
	return true;
}

/* Of a system that does not run, nothing is certain. */
static bool is_on_volumes(const struct plan *plan, const struct mounted *m, unsigned use)
{
	return plan->runs_here && m->whole && all_protected(plan, use);
}

char *holds_value(const struct plan *plan, const struct host *host, const struct wanted *w)
{
	bool root = (w->uses & USE_ROOT) && is_on_volumes(plan, &host->mounted_root, USE_ROOT);
	/* Without a mount of its own it is a folder of the root. */
	bool usr = host->mounted_usr.there ?
			   (w->uses & USE_USR) && is_on_volumes(plan, &host->mounted_usr, USE_USR) :
			   root;
	bool resume = (w->uses & USE_RESUME) && plan->runs_here && plan->resumes_here &&
		      all_protected(plan, USE_RESUME);
	char text[32] = "";

	if (root)
		str_append(text, sizeof(text), "root");
	if (usr)
		str_append(text, sizeof(text), "%susr", *text ? "+" : "");
	if (resume)
		str_append(text, sizeof(text), "%sresume", *text ? "+" : "");
	return *text ? xstrdup(text) : NULL;
}
