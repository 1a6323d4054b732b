/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extlinux.conf. */
#include "check/entry.h"

#include <string.h>

static bool key_is(const char *key, const char *name)
{
	return strcasecmp(key, name) == 0;
}

/* extlinux.conf, while it is read. */
struct extlinux {
	const char *folder;
	struct boot_entries *entries;
	struct boot_entry *entry;
};

/* A path from the top of the file system: others begin in the folder of extlinux.conf. */
static char *from_top(const struct extlinux *x, const char *path)
{
	return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", x->folder, path);
}

/* Images are separated by commas, or stand in "initrd=" of the options. */
static bool add_images(const struct extlinux *x, const char *value)
{
	bool more = true;

	while (more && *value) {
		size_t len = strcspn(value, ",");
		cleanup_free char *name = xstrndup(value, len);
		cleanup_free char *path = from_top(x, name);

		more = entry_add_image(x->entry, path);
		value += len + (value[len] == ',');
	}
	return more;
}

static void add_append(const struct extlinux *x, const char *value)
{
	char *word;

	for (bool more = true; more && (word = entry_next_word(&value)); free(word)) {
		const char *images = str_after(word, "initrd=");

		/* u-boot's variables are not known. */
		if (word[0] != '$')
			more = images ? add_images(x, images) : entry_add_option(x->entry, word);
	}
}

/* What the menu shows in the place of the label; "^" marks a key. */
static void menu_line(const struct extlinux *x, const char *value)
{
	const size_t n = strlen("label");

	if (strcasecmp(value, "default") == 0 && !x->entries->otherwise) {
		x->entries->otherwise = x->entries->n;
	} else if (strncasecmp(value, "label", n) == 0 && value[n] && strchr(" \t", value[n])) {
		char *to;

		entry_set(&x->entry->title, value + n + strspn(value + n, " \t"));
		to = x->entry->title;
		for (const char *from = to; *from; from++)
			if (*from != '^')
				*to++ = *from;
		*to = '\0';
	}
}

static void label_line(const struct extlinux *x, const char *key, const char *value)
{
	if (key_is(key, "kernel") || key_is(key, "linux")) {
		free(x->entry->kernel);
		x->entry->kernel = from_top(x, value);
	} else if (key_is(key, "initrd")) {
		(void)add_images(x, value);
	} else if (key_is(key, "append")) {
		add_append(x, value);
	} else if (key_is(key, "menu")) {
		menu_line(x, value);
	}
}

void extlinux_read(const char *text, const char *folder, struct boot_entries *ret)
{
	struct extlinux x = { .folder = folder, .entries = ret };
	char *key, *value;

	while (entry_next_line(&text, &key, &value)) {
		if (key_is(key, "default") || key_is(key, "ontimeout")) {
			entry_set(&ret->wanted, value);
		} else if (key_is(key, "label")) {
			x.entry = entries_add(ret);
			if (x.entry) {
				entry_set(&x.entry->title, value);
				x.entry->id = xstrdup(value);
			}
		} else if (x.entry) {
			/* What holds for all of them is of no interest. */
			label_line(&x, key, value);
		}
		free(key);
		free(value);
	}
}
