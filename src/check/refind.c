/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/refind.h"

#include "base/texts.h"
#include "check/refind_words.h"

#include <strings.h>

/* The longest options of an entry. */
#define OPTIONS_MAX (16 << 10)

static bool begins(const struct words *words, const char *key)
{
	return strcasecmp(words->list[0], key) == 0;
}

/* "dont_scan_files" and "don't_scan_files" */
static bool forbids(const struct words *words, const char *what)
{
	const char *rest = str_after(words->list[0], "dont_scan_");

	if (!rest)
		rest = str_after(words->list[0], "don't_scan_");
	return rest && strcasecmp(rest, what) == 0;
}

/* All but the first word and empty ones, with a comma after each. */
static void replace_list(char **list, const struct words *words)
{
	char *all = xstrdup("");

	for (size_t i = 1; i < words->n; i++) {
		const char *word = words->list[i];
		char *longer = xasprintf("%s%s%s", all, word, *word ? "," : "");

		free(all);
		all = longer;
	}
	free(*list);
	*list = all;
}

static bool has_word(const struct words *words, char initial)
{
	bool found = false;

	for (size_t i = 1; i < words->n; i++)
		found |= (words->list[i][0] | 0x20) == initial;
	return found;
}

static bool is_off(const struct words *words)
{
	static const char *const names[] = { "0", "off", "false" };
	bool off = false;

	for (size_t i = 0; words->n > 1 && i < ARRAY_SIZE(names); i++)
		off |= strcasecmp(words->list[1], names[i]) == 0;
	return off;
}

/* --- stanzas ------------------------------------------------------------------------------------
 */

/* A menu entry of a stanza, or one in its submenu. */
struct stanza {
	char *title, *loader, *initrd, *options, *volume;
	bool disabled;
};

struct reading {
	struct refind *settings;
	struct boot_entries *entries;
	struct stanza main, sub;
	bool in_main, in_sub;
};

static void stanza_free(struct stanza *s)
{
	free(s->title);
	free(s->loader);
	free(s->initrd);
	free(s->options);
	free(s->volume);
	*s = (struct stanza){ 0 };
}

/* A submenu's entry has what its menu entry has by then. */
static void stanza_copy(struct stanza *to, const struct stanza *from, const char *title)
{
	words_replace(&to->loader, from->loader);
	words_replace(&to->initrd, from->initrd);
	words_replace(&to->options, from->options);
	words_replace(&to->volume, from->volume);
	to->title = xasprintf("%s: %s", from->title, title);
}

/* A path in quotes may be written in both ways. */
static char *path_of(const char *word)
{
	char *path = xstrdup(word);

	for (char *c = path; *c; c++)
		if (*c == '\\')
			*c = '/';
	return path;
}

/* id: whether it can be the default by itself. */
static void stanza_add(const struct reading *r, const struct stanza *s, bool id)
{
	struct boot_entry *entry = NULL;
	cleanup_free char *initrd = s->initrd ? path_of(s->initrd) : NULL;

	if (s->loader && !s->disabled && !r->main.disabled && !r->settings->no_stanzas)
		entry = entries_add(r->entries);
	if (!entry)
		return;
	words_replace(&entry->title, s->title);
	words_replace(&entry->id, id ? s->title : NULL);
	entry->kernel = path_of(s->loader);
	words_replace(&entry->partition, s->volume);
	entry->any = true;
	entry_load_options(entry, s->options ? s->options : "");
	if (initrd)
		(void)entry_add_image(entry, initrd);
}

static void stanza_line(struct stanza *s, const struct words *words)
{
	const char *value = words->n > 1 ? words->list[1] : NULL;

	if (begins(words, "disabled")) {
		s->disabled = true;
	} else if (begins(words, "initrd")) {
		words_replace(&s->initrd, value);
	} else if (begins(words, "options")) {
		words_replace(&s->options, value);
	} else if (value && begins(words, "loader")) {
		words_replace(&s->loader, value);
	} else if (value && begins(words, "volume")) {
		words_replace(&s->volume, value);
	} else if (value && begins(words, "add_options") &&
		   (!s->options || strlen(s->options) < OPTIONS_MAX)) {
		char *longer = xasprintf("%s %s", s->options ? s->options : "", value);

		free(s->options);
		s->options = longer;
	}
}

static void end_stanza(struct reading *r)
{
	stanza_add(r, r->in_sub ? &r->sub : &r->main, !r->in_sub);
	stanza_free(r->in_sub ? &r->sub : &r->main);
	r->in_main = r->in_sub;
	r->in_sub = false;
}

/* --- refind.conf --------------------------------------------------------------------------------
 */

static void setting(struct refind *s, const struct words *words)
{
	if (begins(words, "default_selection"))
		replace_list(&s->selection, words);
	else if (begins(words, "extra_kernel_version_strings"))
		replace_list(&s->extra, words);
	else if (forbids(words, "files"))
		replace_list(&s->not_files, words);
	else if (forbids(words, "dirs") || forbids(words, "folders"))
		replace_list(&s->not_folders, words);
	else if (begins(words, "scan_all_linux_kernels"))
		s->only_efi = is_off(words);
	else if (begins(words, "fold_linux_kernels"))
		s->no_fold = is_off(words);
	else if (begins(words, "include") && words->n > 1 && s->n_includes < REFIND_INCLUDES_MAX)
		texts_add(&s->includes, &s->n_includes, words->list[1]);
	else if (begins(words, "scanfor")) {
		s->no_scan = !has_word(words, 'i');
		s->no_stanzas = !has_word(words, 'm');
	}
}

static void take_line(struct reading *r, const struct words *words)
{
	if (r->in_main && begins(words, "}")) {
		end_stanza(r);
	} else if (r->in_sub) {
		stanza_line(&r->sub, words);
	} else if (r->in_main && begins(words, "submenuentry") && words->n > 1) {
		stanza_copy(&r->sub, &r->main, words->list[1]);
		r->in_sub = true;
	} else if (r->in_main) {
		stanza_line(&r->main, words);
	} else if (begins(words, "menuentry") && words->n > 1) {
		words_replace(&r->main.title, words->list[1]);
		r->in_main = true;
	} else {
		setting(r->settings, words);
	}
}

void refind_read(const char *text, struct refind *settings, struct boot_entries *entries)
{
	struct reading r = { .settings = settings, .entries = entries };
	struct words words;

	while (words_next_line(&text, &words)) {
		take_line(&r, &words);
		words_free(&words);
	}
	while (r.in_main)
		end_stanza(&r);
}

void refind_free(struct refind *settings)
{
	free(settings->extra);
	free(settings->not_files);
	free(settings->not_folders);
	free(settings->selection);
	texts_free(settings->includes, settings->n_includes);
	*settings = (struct refind){ 0 };
}
