/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/wanted.h"

#include "base/util.h"

const struct volume *wanted_volume(const struct wanted *w)
{
	return w->entry ? entry_volume(w->entry) : NULL;
}

void header_at_free(struct header_at *at)
{
	free(at->path);
	stack_free(&at->stack);
}

bool wanted_detached(const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);

	return v && v->detached;
}

bool wanted_holds_system(const struct wanted *w)
{
	return w->uses & (USE_ROOT | USE_USR);
}

bool wanted_needed(const struct wanted *w)
{
	return wanted_holds_system(w) || ((w->uses & USE_ASKED) && !entry_is_optional(w->entry));
}

const struct volume *wanted_before(const struct wanted *w)
{
	return w->before.n_volumes ? &w->before.volumes[0] : NULL;
}

bool wanted_promised(const struct wanted *w)
{
	const struct volume *v = wanted_volume(w), *before = wanted_before(w);

	return (v && v->expect != EXPECT_NOTHING) || (before && before->expect != EXPECT_NOTHING);
}

bool wanted_protected(const struct wanted *w)
{
	return w->verdict == WANTED_PROTECTED ||
	       (w->verdict == WANTED_UNREAD && (w->dif || wanted_promised(w)));
}
