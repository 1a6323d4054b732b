/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tab.h"

#include "base/texts.h"
#include "config/crypttab.h"
#include "config/keyfile.h"
#include "config/keyscript.h"
#include "config/options.h"

#include <strings.h>

struct volume *entry_volume(const struct entry *e)
{
	return &e->config.volumes[0];
}

bool entry_is_optional(const struct entry *e)
{
	const struct volume *v = &e->config.volumes[0];

	return v->noauto || v->nofail;
}

/* Of a file that is no crypttab, every line is a mistake. */
#define ERRORS_SHOWN 20

const struct entry *tab_named(const struct tab *tab, const char *name)
{
	for (size_t i = 0; name && i < tab->n; i++)
		if (str_eq(tab->entries[i].name, name))
			return &tab->entries[i];
	return NULL;
}

const char *option_next(const char *rest, size_t *ret_len)
{
	rest += strspn(rest, ",");
	*ret_len = strcspn(rest, ",");
	return *rest ? rest : NULL;
}

bool option_is(const char *word, const char *name)
{
	const char *value = str_after(word, name);

	return value && (!*value || *value == ',' || *value == '=');
}

bool options_have(const char *options, const char *name)
{
	size_t len;

	for (const char *word = option_next(options, &len); word;
	     word = option_next(word + len, &len))
		if (option_is(word, name))
			return true;
	return false;
}

/* The line is left out because of a mistake. */
static void leave_out(struct tab *tab, const struct crypttab_entry *line, const char *where,
		      const char *why, const char *detail, struct findings *findings)
{
	findings_add(findings, SEVERITY_WARNING, "%s: \"%s\" is left out: %s%s", where, line->name,
		     why, detail);
	texts_add(&tab->broken, &tab->n_broken, line->name);
}

/* Has an earlier line the name, or needs it for its lower mapping? Two files may both have a
 * volume; twice in one file is a mistake. */
static bool is_name_taken(struct tab *tab, size_t first_of_file, const struct crypttab_entry *line,
			  const char *where, struct findings *findings)
{
	for (size_t i = 0; i < tab->n; i++) {
		const struct entry *e = &tab->entries[i];

		if (str_eq(e->name, line->name)) {
			if (i >= first_of_file)
				findings_add(findings, SEVERITY_WARNING,
					     "%s: \"%s\" is left out: %s has this name already",
					     where, line->name, entry_volume(e)->origin);
			return i >= first_of_file;
		}
		if (config_names_clash(e->name, line->name)) {
			cleanup_free char *detail = xasprintf(
				"\"%s\", since NAME_dif is the lower mapping of NAME", e->name);

			leave_out(tab, line, where, "the name clashes with ", detail, findings);
			return true;
		}
	}
	return false;
}

static void add_line(struct tab *tab, const char *path, const struct crypttab_entry *line,
		     bool asked, size_t first_of_file, struct findings *findings)
{
	cleanup_free char *where = xasprintf("%s line %u", path, line->line);
	const char *bad = config_name_problem(line->name);
	struct entry e = { 0 };
	struct volume *v;

	if (bad) {
		leave_out(tab, line, where, "the name ", bad, findings);
		return;
	}
	if (is_name_taken(tab, first_of_file, line, where, findings))
		return;
	v = config_add_volume(&e.config, line->name, where);
	/* Its findings are shown only if the volume has integrity protection. */
	config_options(v, line->options, where, &e.config);
	if (v->other_format) {
		texts_add(&tab->others, &tab->n_others, line->name);
		config_free(&e.config);
		return;
	}
	if (devref_parse(line->source, &v->source) < 0) {
		cleanup_free char *detail = xasprintf("\"%s\" is not a device", line->source);

		leave_out(tab, line, where, "its source ", detail, findings);
		config_free(&e.config);
		return;
	}
	e.name = xstrdup(line->name);
	e.keyfile = keyscript_keyfile(v->keyscript, line->keyfile);
	if (v->keyscript)
		keyscript_set_key(v, line->keyfile, where, &e.config);
	e.options = xstrdup(line->options);
	/* A leg holds the root, which a chroot need not show. */
	e.asked = asked || options_have(e.options, "initramfs") ||
		  options_have(e.options, "x-initrd.attach") ||
		  options_have(e.options, "x-intact.leg") || options_have(e.options, "force");
	e.throwaway = keyfile_is_random(e.keyfile);
	*(struct entry *)array_add(&tab->entries, &tab->n, sizeof(e)) = e;
}

/* Are these two names of one disk, as far as the survey could tell? */
static bool same_disk(const struct entry *a, const struct entry *b)
{
	const struct devref *x = &entry_volume(a)->source, *y = &entry_volume(b)->source;

	bool any_case = x->kind == DEVREF_UUID || x->kind == DEVREF_PARTUUID;

	return (a->node[0] && str_eq(a->node, b->node)) ||
	       (x->kind == y->kind && (any_case ? strcasecmp : strcmp)(x->value, y->value) == 0);
}

void tab_pass_over(struct tab *tab, unsigned (*rank)(const void *arg, const struct entry *e),
		   const void *arg, struct findings *findings)
{
	for (size_t i = 0; i < tab->n; i++) {
		struct entry *best = &tab->entries[i];

		for (size_t j = i + 1; !best->passed_over && j < tab->n; j++) {
			struct entry *other = &tab->entries[j], *loser = other;

			if (other->passed_over || str_eq(best->name, other->name) ||
			    !same_disk(best, other))
				continue;
			if (rank(arg, other) > rank(arg, best)) {
				loser = best;
				best = other;
			}
			loser->passed_over = true;
			findings_add(findings, SEVERITY_WARNING,
				     "%s and %s have the same disk: the image uses \"%s\" for it; "
				     "remove the other line",
				     entry_volume(loser)->origin, entry_volume(best)->origin,
				     best->name);
		}
	}
}

void tab_add(struct tab *tab, const char *path, const char *text, size_t len, bool asked,
	     struct findings *findings)
{
	struct crypttab parsed = { 0 };
	size_t first_of_file = tab->n;

	crypttab_parse(text, len, &parsed);
	for (size_t i = 0; i < parsed.n_errors && i < ERRORS_SHOWN; i++)
		findings_add(findings, SEVERITY_WARNING, "%s line %u: \"%s\" %s", path,
			     parsed.errors[i].line, parsed.errors[i].word,
			     parsed.errors[i].problem);
	if (parsed.n_errors > ERRORS_SHOWN)
		findings_add(findings, SEVERITY_WARNING,
			     "%s: %zu more lines are not understood: is this a crypttab?", path,
			     parsed.n_errors - ERRORS_SHOWN);
	for (size_t i = 0; i < parsed.n_entries && i < CRYPTTAB_LINES_MAX; i++)
		add_line(tab, path, &parsed.entries[i], asked, first_of_file, findings);
	if (parsed.n_entries > CRYPTTAB_LINES_MAX)
		findings_add(findings, SEVERITY_ERROR,
			     "%s has more than %d lines; the lines after line %u are not read",
			     path, CRYPTTAB_LINES_MAX, parsed.entries[CRYPTTAB_LINES_MAX - 1].line);
	crypttab_free(&parsed);
}

void tab_free(struct tab *tab)
{
	for (size_t i = 0; i < tab->n; i++) {
		config_free(&tab->entries[i].config);
		free(tab->entries[i].name);
		free(tab->entries[i].keyfile);
		free(tab->entries[i].options);
	}
	free(tab->entries);
	texts_free(tab->others, tab->n_others);
	texts_free(tab->broken, tab->n_broken);
	*tab = (struct tab){ 0 };
}
