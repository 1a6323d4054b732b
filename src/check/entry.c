/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/entry.h"

#include "base/texts.h"

#include <fnmatch.h>

#define OPTIONS_MAX (16 << 10)

struct boot_entry *entries_add(struct boot_entries *entries)
{
	struct boot_entry *entry;

	if (entries->n >= ENTRIES_MAX)
		return NULL;
	entry = array_add(&entries->list, &entries->n, sizeof(*entry));
	entry->title = xstrdup("");
	entry->options = xstrdup("");
	return entry;
}

void entry_add_option(struct boot_entry *entry, const char *word)
{
	char *longer;

	if (!*word || strlen(entry->options) + strlen(word) > OPTIONS_MAX)
		return;
	longer = xasprintf("%s%s%s", entry->options, *entry->options ? " " : "", word);
	free(entry->options);
	entry->options = longer;
}

void entry_add_image(struct boot_entry *entry, const char *path)
{
	if (*path && entry->n_images < ENTRY_IMAGES_MAX)
		texts_add(&entry->images, &entry->n_images, path);
}

/* The next word of a text, which quotes may hold together; NULL: the text has ended. The caller
 * frees it. */
static char *next_word(const char **text)
{
	const char *from = *text + strspn(*text, " \t\r\n"), *at = from;
	bool quoted = false;

	for (; *at && (quoted || !strchr(" \t\r\n", *at)); at++)
		quoted ^= *at == '"';
	*text = at;
	return at > from ? xstrndup(from, (size_t)(at - from)) : NULL;
}

void entry_load_options(struct boot_entry *entry, const char *text)
{
	char *word;

	while ((word = next_word(&text))) {
		bool is_image = strncmp(word, "initrd=", strlen("initrd=")) == 0;

		for (char *c = word; is_image && *c; c++)
			if (*c == '\\')
				*c = '/';
		if (is_image)
			entry_add_image(entry, word + strlen("initrd="));
		else
			entry_add_option(entry, word);
		free(word);
	}
}

const char *entry_for_unified(const struct boot_entry *entry, unsigned *ret_profile)
{
	const char *rest = str_after(entry->options, "@");
	size_t digits = rest ? strspn(rest, "0123456789") : 0;

	*ret_profile = entry->profile;
	if (!digits || digits > 4 || (rest[digits] && rest[digits] != ' '))
		return entry->options;
	*ret_profile = 1 + (unsigned)strtoul(rest, NULL, 10);
	return rest + digits + (rest[digits] == ' ');
}

static bool has_word(const char *text, const char *word)
{
	bool found = false;
	char *other;

	while (!found && (other = next_word(&text))) {
		found = str_eq(other, word);
		free(other);
	}
	return found;
}

char *entry_lacks(const char *cmdline, const char *wanted)
{
	char *word;

	while ((word = next_word(&wanted))) {
		if (!str_after(word, "BOOT_IMAGE=") && !str_after(word, "initrd=") &&
		    !has_word(cmdline, word))
			return word;
		free(word);
	}
	return NULL;
}

static bool is_named(const struct boot_entry *entry, const char *name)
{
	return str_eq(entry->title, name) || (entry->place && str_eq(entry->place, name)) ||
	       (entry->id && (str_eq(entry->id, name) || fnmatch(name, entry->id, 0) == 0));
}

bool entries_have(const struct boot_entries *entries, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < entries->n; i++)
		found |= is_named(&entries->list[i], name);
	return found;
}

void entries_mark_default(struct boot_entries *entries)
{
	for (size_t i = 0; entries->wanted && i < entries->n; i++)
		if (is_named(&entries->list[i], entries->wanted)) {
			entries->list[i].is_default = true;
			return;
		}
	if (entries->n)
		entries->list[0].is_default = true;
}

void entries_free(struct boot_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		struct boot_entry *e = &entries->list[i];

		free(e->title);
		free(e->id);
		free(e->place);
		free(e->kernel);
		free(e->options);
		free(e->version);
		free(e->uuid);
		free(e->partition);
		texts_free(e->images, e->n_images);
	}
	free(entries->list);
	free(entries->wanted);
	*entries = (struct boot_entries){ 0 };
}
