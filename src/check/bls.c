/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries in files of their own: the Boot Loader Specification, as systemd-boot and GRUB's blscfg
 * read it. */
#include "check/entry.h"
#include "check/order.h"

#include <stdlib.h>
#include <string.h>

/* Each word of value; "$name" is a variable of grubenv, whose value may be several words. Ends when
 * the entry has room for none. */
static void each_word(struct boot_entry *entry, const char *value, const char *environment,
		      bool (*add)(struct boot_entry *entry, const char *word))
{
	char *word;

	for (bool more = true; more && (word = entry_next_word(&value)); free(word)) {
		cleanup_free char *known = word[0] == '$' ? grub_variable(environment, word + 1) :
							    NULL;

		if (word[0] != '$')
			more = add(entry, word);
		else if (known && strcspn(known, "$") == strlen(known))
			each_word(entry, known, NULL, add);
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
		entry_set(&entry->title, value);
	else if (str_eq(key, "version"))
		entry_set(&entry->version, value);
	else if (str_eq(key, "sort-key"))
		entry_set(&entry->sort_key, value);
	else if (str_eq(key, "machine-id"))
		entry_set(&entry->machine, value);
	else if (str_eq(key, "linux"))
		entry_set(&entry->kernel, value);
	else if (str_eq(key, "uki") || str_eq(key, "efi")) {
		entry_set(&entry->kernel, value);
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
	entry_set(&entry->title, entry->id);
	while (entry_next_line(&text, &key, &value)) {
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

	while (entry_next_line(&text, &key, &value)) {
		if (str_eq(key, "default") && *value)
			entry_set(&entries->wanted, value);
		if (str_eq(key, "preferred") && *value)
			entry_set(&entries->preferred, value);
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
