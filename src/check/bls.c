/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in files of their own: the Boot Loader Specification, as systemd-boot and GRUB's blscfg
 * read it; and extlinux. */
#include "check/entry.h"
#include "check/order.h"

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

/* Each word of value; "$name" is a variable of grubenv, whose value may be several words. Ends when
 * the entry has room for none. */
static void each_word(struct boot_entry *entry, const char *value, const char *environment,
		      bool (*add)(struct boot_entry *entry, const char *word))
{
	bool more = true;

	while (more && *(value += strspn(value, " \t"))) {
		size_t len = strcspn(value, " \t");
		cleanup_free char *word = xstrndup(value, len);
		cleanup_free char *known = word[0] == '$' ? grub_variable(environment, word + 1) :
							    NULL;

		if (word[0] != '$')
			more = add(entry, word);
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

static void take_line(struct boot_entry *entry, const char *key, const char *value,
		      const char *environment)
{
	if (str_eq(key, "title"))
		replace(&entry->title, value);
	else if (str_eq(key, "version"))
		replace(&entry->version, value);
	else if (str_eq(key, "sort-key"))
		replace(&entry->sort_key, value);
	else if (str_eq(key, "machine-id"))
		replace(&entry->machine, value);
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
}

/* GRUB leaves out what it cannot start. */
static bool is_for_grub(const struct boot_entry *entry)
{
	return entry->kernel && !entry->unified;
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
		take_line(entry, key, value, environment);
		free(key);
		free(value);
	}
	if (entries->rule == DEFAULT_SYSTEMD_BOOT)
		bls_take_count(entry);
	else if (!is_for_grub(entry))
		entries_drop_last(entries);
}

void bls_read_default(const char *text, struct boot_entries *entries)
{
	char *key, *value;

	while (next_line(&text, &key, &value)) {
		if (str_eq(key, "default") && *value)
			replace(&entries->wanted, value);
		if (str_eq(key, "preferred") && *value)
			replace(&entries->preferred, value);
		free(key);
		free(value);
	}
}

/* --- their order --------------------------------------------------------------------------------
 */

/* "+LEFT" or "+LEFT-TRIED" at the end of a name without its ending. */
static const char *count_in(const char *name, size_t len, unsigned *ret_left, unsigned *ret_tried)
{
	const char *plus = memrchr(name, '+', len);
	size_t left = plus ? strspn(plus + 1, "0123456789") : 0, tried = 0;
	const char *after = plus ? plus + 1 + left : NULL;

	if (left && *after == '-')
		tried = strspn(after + 1, "0123456789");
	if (!left || left > 9 || tried > 9 || after + tried + (tried > 0) != name + len)
		return NULL;
	*ret_left = (unsigned)strtoul(plus + 1, NULL, 10);
	*ret_tried = tried ? (unsigned)strtoul(after + 1, NULL, 10) : 0;
	return plus;
}

void bls_take_count(struct boot_entry *entry)
{
	size_t len = strlen(entry->id);
	const char *ending = len > 4 && strcasecmp(entry->id + len - 4, ".efi") == 0 ?
				     entry->id + len - 4 :
				     entry->id + len;
	const char *plus = count_in(entry->id, (size_t)(ending - entry->id), &entry->left,
				    &entry->tried);
	char *id;

	if (!plus)
		return;
	entry->counted = true;
	id = xasprintf("%.*s%s", (int)(plus - entry->id), entry->id, ending);
	free(entry->id);
	entry->id = id;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* Of two with the same id: which one is tried first. */
static int by_count(const struct boot_entry *x, const struct boot_entry *y)
{
	if (!x->counted || !y->counted)
		return 0;
	if (x->left != y->left)
		return x->left > y->left ? -1 : 1;
	return (x->tried > y->tried) - (x->tried < y->tried);
}

/* As systemd-boot: those without tries left are last, those without a sort key before them. */
static int for_systemd_boot(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;
	int r = (x->counted && !x->left) - (y->counted && !y->left);

	if (!r)
		r = !x->sort_key - !y->sort_key;
	if (!r)
		r = compare_texts(x->sort_key, y->sort_key);
	if (!r && x->sort_key)
		r = compare_texts(x->machine, y->machine);
	if (!r && x->sort_key)
		r = version_compare(y->version ? y->version : "", x->version ? x->version : "");
	if (!r)
		r = version_compare(y->id, x->id);
	return r ? r : by_count(x, y);
}

/* As GRUB's blscfg: by the names of the files. */
static int for_grub(const void *a, const void *b)
{
	const struct boot_entry *x = a, *y = b;
	int r = version_compare(y->id, x->id);

	return r ? r : strcmp(y->id, x->id);
}

void bls_sort(struct boot_entries *entries)
{
	if (entries->n)
		qsort(entries->list, entries->n, sizeof(*entries->list),
		      entries->rule == DEFAULT_SYSTEMD_BOOT ? for_systemd_boot : for_grub);
}

/* --- extlinux -----------------------------------------------------------------------------------
 */

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
	bool more = true;

	while (more && *(value += strspn(value, " \t"))) {
		size_t len = strcspn(value, " \t");
		cleanup_free char *word = xstrndup(value, len);
		const char *images = str_after(word, "initrd=");

		/* u-boot's variables are not known. */
		if (word[0] != '$')
			more = images ? add_images(x, images) : entry_add_option(x->entry, word);
		value += len;
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

		replace(&x->entry->title, value + n + strspn(value + n, " \t"));
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

	while (next_line(&text, &key, &value)) {
		if (key_is(key, "default") || key_is(key, "ontimeout")) {
			replace(&ret->wanted, value);
		} else if (key_is(key, "label")) {
			x.entry = entries_add(ret);
			if (x.entry) {
				replace(&x.entry->title, value);
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
