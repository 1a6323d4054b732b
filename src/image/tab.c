/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tab.h"

#include "config/crypttab.h"
#include "config/keyfile.h"
#include "config/options.h"

struct volume *entry_volume(const struct entry *e)
{
	return &e->config.volumes[0];
}

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

static void add_line(struct tab *tab, const char *path, const struct crypttab_entry *line,
		     bool asked, struct findings *findings)
{
	cleanup_free char *where = xasprintf("%s line %u", path, line->line);
	const char *bad = config_name_problem(line->name);
	struct entry e = { 0 };
	struct volume *v;

	if (bad) {
		findings_add(findings, SEVERITY_WARNING, "%s: \"%s\" is left out: the name %s",
			     where, line->name, bad);
		return;
	}
	for (size_t i = 0; i < tab->n; i++)
		if (!str_eq(tab->entries[i].name, line->name) &&
		    config_names_clash(tab->entries[i].name, line->name)) {
			findings_add(findings, SEVERITY_WARNING,
				     "%s: \"%s\" is left out: the name clashes with \"%s\", since "
				     "NAME_dif is the lower mapping of NAME",
				     where, line->name, tab->entries[i].name);
			return;
		}
	v = config_add_volume(&e.config, line->name, where);
	/* Its findings are shown only if the volume has integrity protection. */
	config_options(v, line->options, where, &e.config);
	if (v->other_format) {
		config_free(&e.config);
		return;
	}
	if (devref_parse(line->source, &v->source) < 0) {
		findings_add(findings, SEVERITY_WARNING,
			     "%s: \"%s\" is left out: its source \"%s\" is not a device", where,
			     line->name, line->source);
		config_free(&e.config);
		return;
	}
	e.name = xstrdup(line->name);
	e.keyfile = line->keyfile ? xstrdup(line->keyfile) : NULL;
	e.options = xstrdup(line->options);
	e.asked = asked || options_have(e.options, "initramfs") ||
		  options_have(e.options, "x-initrd.attach");
	e.throwaway = keyfile_is_random(e.keyfile);
	*(struct entry *)array_add(&tab->entries, &tab->n, sizeof(e)) = e;
}

void tab_add(struct tab *tab, const char *path, const char *text, size_t len, bool asked,
	     struct findings *findings)
{
	struct crypttab parsed = { 0 };

	crypttab_parse(text, len, &parsed);
	for (size_t i = 0; i < parsed.n_errors; i++)
		findings_add(findings, SEVERITY_WARNING, "%s line %u: \"%s\" %s", path,
			     parsed.errors[i].line, parsed.errors[i].word,
			     parsed.errors[i].problem);
	for (size_t i = 0; i < parsed.n_entries; i++)
		add_line(tab, path, &parsed.entries[i], asked, findings);
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
	*tab = (struct tab){ 0 };
}
