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

static bool is_named(const struct boot_entry *entry, const char *name)
{
	return str_eq(entry->title, name) || (entry->place && str_eq(entry->place, name)) ||
	       (entry->id && (str_eq(entry->id, name) || fnmatch(name, entry->id, 0) == 0));
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
		texts_free(e->images, e->n_images);
	}
	free(entries->list);
	free(entries->wanted);
	*entries = (struct boot_entries){ 0 };
}
