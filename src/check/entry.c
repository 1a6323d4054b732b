/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/entry.h"

#include "base/texts.h"
#include "check/order.h"

#define OPTIONS_MAX (16 << 10)
/* Of loader.conf: a longer one is none. */
#define PATTERN_MAX 512

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

bool entry_add_option(struct boot_entry *entry, const char *word)
{
	char *longer;

	if (!*word)
		return true;
	if (strlen(entry->options) + strlen(word) > OPTIONS_MAX)
		return false;
	longer = xasprintf("%s%s%s", entry->options, *entry->options ? " " : "", word);
	free(entry->options);
	entry->options = longer;
	return true;
}

bool entry_add_image(struct boot_entry *entry, const char *path)
{
	if (*path && entry->n_images < ENTRY_IMAGES_MAX)
		texts_add(&entry->images, &entry->n_images, path);
	return entry->n_images < ENTRY_IMAGES_MAX;
}

char *entry_next_word(const char **text)
{
	const char *from = *text + strspn(*text, " \t\r\n"), *at = from;
	bool quoted = false;

	for (; *at && (quoted || !strchr(" \t\r\n", *at)); at++)
		quoted ^= *at == '"';
	*text = at;
	return at > from ? xstrndup(from, (size_t)(at - from)) : NULL;
}

bool entry_next_line(const char **at, char **ret_key, char **ret_value)
{
	size_t len = strcspn(*at, "\n"), key;
	const char *line = *at, *end = line + len, *value;

	if (!*line)
		return false;
	*at = end + (*end == '\n');
	while (line < end && strchr(" \t\r", *line))
		line++;
	key = strcspn(line, " \t\r\n");
	value = line + key;
	while (value < end && strchr(" \t\r", *value))
		value++;
	while (end > value && strchr(" \t\r", end[-1]))
		end--;
	*ret_key = xstrndup(line, key);
	*ret_value = xstrndup(value, (size_t)(end - value));
	return true;
}

void entry_set(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

void entry_load_options(struct boot_entry *entry, const char *text)
{
	bool more = true;
	char *word;

	while (more && (word = entry_next_word(&text))) {
		bool is_image = strncmp(word, "initrd=", strlen("initrd=")) == 0;

		for (char *c = word; is_image && *c; c++)
			if (*c == '\\')
				*c = '/';
		if (is_image)
			(void)entry_add_image(entry, word + strlen("initrd="));
		else
			more = entry_add_option(entry, word);
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

	while (!found && (other = entry_next_word(&text))) {
		found = str_eq(other, word);
		free(other);
	}
	return found;
}

char *entry_lacks(const char *cmdline, const char *wanted)
{
	char *word;

	while ((word = entry_next_word(&wanted))) {
		if (!str_after(word, "BOOT_IMAGE=") && !str_after(word, "initrd=") &&
		    !has_word(cmdline, word))
			return word;
		free(word);
	}
	return NULL;
}

/* systemd-boot's ids end in ".conf" or ".efi"; those of its old versions had no ".conf". */
static bool is_named(const struct boot_entries *entries, const struct boot_entry *entry,
		     const char *name)
{
	cleanup_free char *id = NULL;

	if (entries->rule != DEFAULT_SYSTEMD_BOOT)
		return str_eq(entry->title, name) || (entry->id && str_eq(entry->id, name));
	if (!entry->id || strlen(name) > PATTERN_MAX)
		return false;
	id = xasprintf("%s.conf", entry->id);
	return pattern_matches(name, id) || pattern_matches(name, entry->id);
}

static struct boot_entry *find_named(const struct boot_entries *entries, const char *name,
				     bool with_tries)
{
	struct boot_entry *found = NULL;

	for (size_t i = 0; !found && name && i < entries->n; i++) {
		struct boot_entry *entry = &entries->list[i];

		if (is_named(entries, entry, name) &&
		    (!with_tries || !entry->counted || entry->left))
			found = entry;
	}
	return found;
}

bool entries_have(const struct boot_entries *entries, const char *name, bool with_tries)
{
	return find_named(entries, name, with_tries);
}

void entries_mark_default(struct boot_entries *entries)
{
	size_t otherwise = entries->otherwise ? entries->otherwise - 1 : 0;
	struct boot_entry *found;

	if (entries->rule == DEFAULT_GRUB) {
		found = grub_default(entries);
	} else {
		found = find_named(entries, entries->preferred, true);
		if (!found)
			found = find_named(entries, entries->wanted, false);
		if (!found && otherwise < entries->n)
			found = &entries->list[otherwise];
	}
	if (found)
		found->is_default = true;
}

static void entry_free(struct boot_entry *e)
{
	free(e->title);
	free(e->id);
	free(e->place);
	free(e->kernel);
	free(e->options);
	free(e->version);
	free(e->sort_key);
	free(e->machine);
	free(e->uuid);
	free(e->partition);
	free(e->file);
	texts_free(e->images, e->n_images);
}

void entries_drop_last(struct boot_entries *entries)
{
	entry_free(&entries->list[--entries->n]);
}

void entries_insert(struct boot_entries *entries, size_t at, struct boot_entries *more)
{
	for (size_t i = 0; i < more->n && entries->n < ENTRIES_MAX; i++, at++) {
		struct boot_entry *list;

		array_add(&entries->list, &entries->n, sizeof(*entries->list));
		list = entries->list;
		memmove(list + at + 1, list + at, (entries->n - 1 - at) * sizeof(*list));
		list[at] = more->list[i];
		more->list[i] = (struct boot_entry){ 0 };
	}
	entries_free(more);
}

void entries_free(struct boot_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		entry_free(&entries->list[i]);
	free(entries->list);
	free(entries->preferred);
	free(entries->wanted);
	*entries = (struct boot_entries){ 0 };
}
