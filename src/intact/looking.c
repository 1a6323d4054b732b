/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/looking.h"

struct checked *looking_add(const struct looking *l, const char *suffix)
{
	struct checked *c = array_add(&l->all->list, &l->all->n, sizeof(*l->all->list));

	c->title = xasprintf("%s%s", l->entry->title, suffix);
	c->loader = l->loader->name;
	c->reached = boots_reaches(l->boots, l->loader->kind);
	c->is_default = l->entry->is_default && !*suffix && c->reached;
	c->maker = "unknown";
	if (!c->reached && l->entry->is_default && !*suffix)
		faults_add(&c->faults, SEVERITY_NOTE, "not-reached", NULL,
			   "the firmware starts %s: no boot comes to this entry of %s unless a "
			   "person chooses it",
			   l->boots->first ? l->boots->first : "something else", l->loader->name);
	if (l->entry->narrow)
		faults_add(
			&c->faults, SEVERITY_ERROR, "narrow-options",
			"make the entry anew with \"efibootmgr --unicode\"",
			"%s of the firmware has its options in characters of one byte: the kernel "
			"expects two (UCS-2), and would not understand any of them",
			l->entry->id ? l->entry->id : l->entry->title);
	return c;
}
