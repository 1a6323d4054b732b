/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/holds.h"

/* Of a system that does not run, nothing is certain. */
static bool is_on_volumes(const struct plan *plan, const struct mounted *m, unsigned use)
{
	if (!plan->runs_here || !m->whole)
		return false;
	for (size_t i = 0; i < plan->n_wanted; i++)
		if ((plan->wanted[i].uses & use) && !wanted_protected(&plan->wanted[i]))
			return false;
	return true;
}

const char *holds_value(const struct plan *plan, const struct host *host, const struct wanted *w)
{
	bool root = (w->uses & USE_ROOT) && is_on_volumes(plan, &host->mounted_root, USE_ROOT);
	/* Without a mount of its own it is a folder of the root. */
	bool usr = host->mounted_usr.there ?
			   (w->uses & USE_USR) && is_on_volumes(plan, &host->mounted_usr, USE_USR) :
			   root;

	if (root)
		return usr ? "root+usr" : "root";
	return usr ? "usr" : NULL;
}
