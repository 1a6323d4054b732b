/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * looking: a boot entry that is being judged, and where the verdict goes.
 */
#ifndef INTACT_INTACT_LOOKING_H
#define INTACT_INTACT_LOOKING_H

#include "intact/boots.h"
#include "intact/judged.h"

struct looking {
	struct judging *j;
	struct checked_list *all;
	const struct boots *boots;
	const struct boots_loader *loader;
	const struct boot_entry *entry;
};

/* A verdict for the entry, or with a suffix for a variant of it, which is not the default. What is
 * wrong with the entry itself is in it already. Valid until the next one is added. */
struct checked *looking_add(const struct looking *l, const char *suffix);

#endif
