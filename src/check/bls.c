/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in files of their own: the Boot Loader Specification, as systemd-boot and GRUB's blscfg
 * read it; and extlinux. */
#include "check/entry.h"

#include <stdlib.h>
#include <string.h>

/* The next line: its first word, and the rest without blanks around it. false: the text has ended.
 * The caller frees both. */
static bool next_line(const char **at, char **ret_key, char **ret_value)
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

static void replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

/* Each word of value; "$name" is a variable of grubenv, whose value may be several words. */
static void each_word(struct boot_entry *entry, const char *value, const char *environment,
		      void (*add)(struct boot_entry *entry, const char *word))
{
	while (*(value += strspn(value, " \t"))) {
		size_t len = strcspn(value, " \t");
		cleanup_free char *word = xstrndup(value, len);
		cleanup_free char *known = word[0] == '$' ? grub_variable(environment, word + 1) :
							    NULL;

		if (word[0] != '$')
			add(entry, word);
		else if (known && strcspn(known, "$") == strlen(known))
			each_word(entry, known, NULL, add);
		value += len;
	}
}

/* 1 + the number; 0: it is none. */
static unsigned profile_of(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	return digits && digits <= 4 && !value[digits] ? 1 + (unsigned)strtoul(value, NULL, 10) : 0;
}

void bls_read(const char *name, const char *text, const char *environment,
	      struct boot_entries *entries)
{
	struct boot_entry *entry = entries_add(entries);
	char *key, *value;

	if (!entry)
		return;
	entry->id = xstrndup(name, strlen(name) - (strlen(name) > 5 ? strlen(".conf") : 0));
	replace(&entry->title, entry->id);
	while (next_line(&text, &key, &value)) {
		if (str_eq(key, "title"))
			replace(&entry->title, value);
		else if (str_eq(key, "version"))
			replace(&entry->version, value);
		else if (str_eq(key, "linux"))
			replace(&entry->kernel, value);
		else if (str_eq(key, "uki") || str_eq(key, "efi")) {
			replace(&entry->kernel, value);
			entry->unified = true;
		} else if (str_eq(key, "profile"))
			entry->profile = profile_of(value);
		else if (str_eq(key, "initrd"))
			each_word(entry, value, environment, entry_add_image);
		else if (str_eq(key, "options"))
			each_word(entry, value, environment, entry_add_option);
		free(key);
		free(value);
	}
}

void bls_read_default(const char *text, struct boot_entries *entries)
{
	char *key, *value;

	while (next_line(&text, &key, &value)) {
		size_t len = strlen(value);

		if (str_eq(key, "default") && len) {
			/* A pattern of names, which may have their ending here. */
			if (len > 5 && str_eq(value + len - 5, ".conf"))
				value[len - 5] = '\0';
			replace(&entries->wanted, value);
		}
		free(key);
		free(value);
	}
}

static int by_version(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;

	return strverscmp(y->version ? y->version : y->id, x->version ? x->version : x->id);
}

void bls_sort(struct boot_entries *entries)
{
	if (entries->n)
		qsort(entries->list, entries->n, sizeof(*entries->list), by_version);
}

/* --- extlinux -----------------------------------------------------------------------------------
 */

static bool key_is(const char *key, const char *name)
{
	return strcasecmp(key, name) == 0;
}

/* Images are separated by commas, or stand in "initrd=" of the options. */
static void add_images(struct boot_entry *entry, const char *value)
{
	while (*value) {
		size_t len = strcspn(value, ",");
		cleanup_free char *path = xstrndup(value, len);

		entry_add_image(entry, path);
		value += len + (value[len] == ',');
	}
}

static void add_append(struct boot_entry *entry, const char *word)
{
	const char *images = str_after(word, "initrd=");

	if (images)
		add_images(entry, images);
	else
		entry_add_option(entry, word);
}

void extlinux_read(const char *text, struct boot_entries *ret)
{
	struct boot_entry *entry = NULL;
	char *key, *value;

	while (next_line(&text, &key, &value)) {
		if (key_is(key, "default") || key_is(key, "ontimeout")) {
			replace(&ret->wanted, value);
		} else if (key_is(key, "label")) {
			entry = entries_add(ret);
			if (entry) {
				replace(&entry->title, value);
				entry->id = xstrdup(value);
			}
		} else if (!entry) {
			/* What holds for all of them is of no interest. */
		} else if (key_is(key, "kernel") || key_is(key, "linux")) {
			replace(&entry->kernel, value);
		} else if (key_is(key, "initrd")) {
			add_images(entry, value);
		} else if (key_is(key, "append")) {
			each_word(entry, value, NULL, add_append);
		}
		free(key);
		free(value);
	}
}
