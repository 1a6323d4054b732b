/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/standalone.h"

#include "base/texts.h"

#include <stdio.h>

#define TAB "/etc/integritytab"

/* --- which are wanted ------------------------------------------------------------------------- */

static void want(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_below; i++)
		if (str_eq(plan->below[i], name))
			return;
	texts_add(&plan->below, &plan->n_below, name);
}

void standalones_want(struct plan *plan, const struct stack *stack)
{
	for (size_t i = 0; i < stack->n_standalone; i++)
		want(plan, stack->standalone[i]);
}

/* Where the disks of the root file system are not here, any line may be below it. */
static bool any_may_be_below(const struct plan *plan, const struct host *host)
{
	return !plan->runs_here &&
	       (host->container[0] || (!host->fstab_root.here && host->fstab_root.understood));
}

static void want_from_tab(struct plan *plan, const struct host *host)
{
	const struct integritytab *tab = &host->integrity.tab;

	for (size_t i = 0; i < tab->n; i++)
		if (!tab->list[i].noauto && !tab->list[i].nofail)
			want(plan, tab->list[i].name);
}

static void want_all(struct plan *plan, const struct host *host)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		standalones_want(plan, &plan->wanted[i].below);
	if (plan->runs_here)
		return;
	/* In a container, the devices that can be seen are those of the machine that it runs on. */
	if (!host->container[0]) {
		standalones_want(plan, &host->fstab_root.stack);
		standalones_want(plan, &host->fstab_usr.stack);
	}
	if (any_may_be_below(plan, host))
		want_from_tab(plan, host);
}

/* --- the line of one -------------------------------------------------------------------------- */

static const struct standalone_seen *seen_as(const struct standalone_host *host, const char *name)
{
	for (size_t i = 0; i < host->n_seen; i++)
		if (str_eq(host->seen[i].name, name))
			return &host->seen[i];
	return NULL;
}

/* The line of integritytab with this name, else the one with this disk. NULL: none. */
static const struct standalone *line_of(struct plan *plan, const struct standalone_host *host,
					const char *name, const struct standalone_seen *seen)
{
	const struct standalone *s = integritytab_named(&host->tab, name);

	if (s || !seen || !seen->node[0])
		return s;
	for (size_t i = 0; i < host->tab.n; i++) {
		if (!str_eq(host->lines[i].node, seen->node))
			continue;
		s = &host->tab.list[i];
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s is open as \"%s\", but %s calls it \"%s\": the image will use \"%s\"",
			seen->node, name, s->origin, s->name, s->name);
		return s;
	}
	return NULL;
}

static void set_source(const char *text, struct devref *ref, char *source, size_t size)
{
	if (text[0] && devref_parse(text, ref) == 0)
		(void)str_copy(source, size, text);
}

/* As the running system has it open: all but a key is in its table. */
static bool line_of_table(struct plan *plan, const char *name, const struct standalone_seen *seen,
			  struct standalone *ret)
{
	const struct standalone_table *t = &seen->table;
	const char *where = seen->stable[0] ? seen->stable : "DEVICE";
	const char *hash = t->hash ? t->hash->name : "…";

	if (!seen->has_table || !t->hash || t->hash->keyed || t->journal_keys || !seen->stable[0] ||
	    strpbrk(name, " \t")) {
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s is a standalone dm-integrity device (integritysetup) without a line in " TAB
			", so this image cannot open it: add \"%s %s %s integrity-algorithm=%s\" there%s",
			name, name, where, t->hash && t->hash->keyed ? "KEYFILE" : "-", hash,
			t->journal_keys ?
				" (its journal has a key of its own, which cannot be named)" :
				"");
		return false;
	}
	*ret = (struct standalone){ .hash = t->hash, .mode = t->mode, .discards = t->discards };
	/* Inline tags are in the superblock. */
	if (ret->mode == 'I')
		ret->mode = 'J';
	(void)str_copy(ret->name, sizeof(ret->name), name);
	set_source(seen->stable, &ret->source, ret->source_text, sizeof(ret->source_text));
	set_source(seen->data_stable, &ret->data, ret->data_text, sizeof(ret->data_text));
	return true;
}

/* Corrects a line by what is open: it is known to work. */
static void correct(struct plan *plan, const struct standalone_seen *seen, struct standalone *s)
{
	const struct standalone_hash *hash = seen->has_table ? seen->table.hash : NULL;

	if (devref_is_numbered(s->source_text) && seen->stable[0])
		set_source(seen->stable, &s->source, s->source_text, sizeof(s->source_text));
	if (devref_is_numbered(s->data_text) && seen->data_stable[0])
		set_source(seen->data_stable, &s->data, s->data_text, sizeof(s->data_text));
	if (!hash || hash == s->hash)
		return;
	findings_add(&plan->findings, SEVERITY_WARNING,
		     "%s: %s says %s, but it is open with %s: the image will use %s", s->name,
		     s->origin, s->hash->name, hash->name, hash->name);
	if (hash->keyed == s->hash->keyed)
		s->hash = hash;
}

/* Its path in the image, to be freed; NULL, with an error: the image could not open the device. */
static char *add_key(struct plan *plan, const struct host *host, const struct standalone *s,
		     bool there)
{
	cleanup_free char *source = xasprintf("%s%s", host->root, s->keyfile), *line = NULL;
	char *place;

	if (!there || strpbrk(source, " \t\n\\\"'#")) {
		findings_add(&plan->findings, SEVERITY_ERROR,
			     "%s: the key file %s %s, and without it nothing can be read (%s)",
			     s->name, s->keyfile,
			     there ? "has blanks or quotes in its name, so it cannot be copied" :
				     "does not exist, or is not a regular file",
			     s->origin);
		return NULL;
	}
	findings_add(&plan->findings, SEVERITY_NOTE,
		     "%s: its key file is copied into the image, since nothing can be read without "
		     "it; with that key, blocks can be forged",
		     s->name);
	place = xasprintf("/etc/intact/integrity%zu.key", plan->n_integrities + 1);
	line = xasprintf("file %s %s 0600", source, place);
	texts_add(&plan->lines, &plan->n_lines, line);
	return place;
}

static void add_line(struct plan *plan, const struct host *host, const struct standalone *s,
		     bool has_keyfile)
{
	cleanup_free char *key = NULL, *text = NULL, *line = NULL;

	if (s->keyfile[0]) {
		key = add_key(plan, host, s, has_keyfile);
		if (!key)
			return;
	}
	text = integritytab_format(s, key);
	line = xasprintf("integrity %s", text);
	texts_add(&plan->lines, &plan->n_lines, line);
	*(struct standalone *)array_add(&plan->integrities, &plan->n_integrities, sizeof(*s)) = *s;
}

static void plan_one(struct plan *plan, const struct host *host, const char *name)
{
	const struct standalone_host *all = &host->integrity;
	const struct standalone_seen *seen = seen_as(all, name), unseen = { 0 };
	const struct standalone *line = line_of(plan, all, name, seen);
	struct standalone s;

	if (!seen)
		seen = &unseen;
	if (line)
		s = *line;
	else if (!line_of_table(plan, name, seen, &s))
		return;
	if (line)
		correct(plan, seen, &s);
	for (size_t i = 0; i < plan->n_integrities; i++)
		if (str_eq(plan->integrities[i].name, s.name))
			return;
	add_line(plan, host, &s, line && all->lines[line - all->tab.list].has_keyfile);
}

void plan_standalones(struct plan *plan, const struct host *host)
{
	const struct findings *findings = &host->integrity.findings;
	bool told;

	want_all(plan, host);
	/* Also where no line is left that can be read. */
	told = plan->n_below > 0 || any_may_be_below(plan, host);
	for (size_t i = 0; told && i < findings->n; i++)
		findings_add(&plan->findings, findings->list[i].severity, "%s",
			     findings->list[i].text);
	for (size_t i = 0; i < plan->n_below; i++)
		plan_one(plan, host, plan->below[i]);
}
