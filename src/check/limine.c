/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limine.conf: the number of slashes before a title says in which menu it is, and below it are
 * lines "option: value". */
#include "base/texts.h"
#include "check/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DEPTH_MAX 16
#define MACROS_MAX 64
#define VALUE_MAX (16 << 10)

enum protocol { PROTOCOL_OTHER, PROTOCOL_LINUX, PROTOCOL_EFI };

struct limine {
	struct boot_entries *entries;
	char **macros; /* "NAME}=VALUE" */
	size_t n_macros;
	/* The default by its number among the entries that are shown when nothing was unfolded. */
	unsigned long wanted, number;
	/* Where the last title was: its depth, whether such a one is shown, and the titles that
	 * lead to it, each with its end. */
	size_t depth, ends[DEPTH_MAX + 1];
	bool shown[DEPTH_MAX + 2];
	char way[1024];
	/* The entry that is being read, which is the last one. */
	bool in_entry;
	enum protocol protocol;
	char *cmdline;
};

static void replace(char **text, char *value)
{
	free(*text);
	*text = value;
}

/* --- macros -------------------------------------------------------------------------------------
 */

/* The value of the macro whose name begins here; NULL: there is none. */
static const char *macro_value(const struct limine *l, const char *name)
{
	size_t len = strcspn(name, "}");

	for (size_t i = l->n_macros; i-- > 0;)
		if (strncmp(l->macros[i], name, len) == 0 && str_after(l->macros[i] + len, "}="))
			return l->macros[i] + len + strlen("}=");
	return NULL;
}

/* The text with the values of "${NAME}" in it, as far as there is room. The caller frees it. */
static char *expand(const struct limine *l, const char *text)
{
	char *all = xcalloc(1, VALUE_MAX);

	while (*text && strlen(all) + 1 < VALUE_MAX) {
		size_t plain = str_after(text, "${") ? 0 : 1 + strcspn(text + 1, "$");
		const char *value = plain ? NULL : macro_value(l, text + strlen("${"));

		str_append(all, VALUE_MAX, "%.*s%s", (int)plain, text, value ? value : "");
		if (!plain)
			plain = strcspn(text, "}") + (strchr(text, '}') != NULL);
		text += plain;
	}
	return all;
}

/* --- entries ------------------------------------------------------------------------------------
 */

static struct boot_entry *last(const struct limine *l)
{
	return &l->entries->list[l->entries->n - 1];
}

static void end_entry(struct limine *l)
{
	if (l->in_entry && l->protocol == PROTOCOL_EFI) {
		last(l)->any = true;
		entry_load_options(last(l), l->cmdline ? l->cmdline : "");
	} else if (l->in_entry && l->protocol == PROTOCOL_LINUX) {
		(void)entry_add_option(last(l), l->cmdline ? l->cmdline : "");
	} else if (l->in_entry) {
		replace(&last(l)->kernel, NULL);
	}
	replace(&l->cmdline, NULL);
	l->protocol = PROTOCOL_OTHER;
	l->in_entry = false;
}

/* "///+Title": a '+' shows what is below it. */
static void take_title(struct limine *l, const char *line)
{
	size_t depth = strspn(line, "/"), len;
	const char *title = line + depth;
	bool unfolded = *title == '+';
	struct boot_entry *entry;

	end_entry(l);
	title += unfolded;
	title += strspn(title, " \t");
	entry = depth <= DEPTH_MAX && depth <= l->depth + 1 ? entries_add(l->entries) : NULL;
	if (!entry)
		return;
	if (depth > l->depth && l->entries->n > 1)
		l->entries->list[l->entries->n - 2].menu = true;
	l->in_entry = true;
	l->depth = depth;
	l->way[l->ends[depth - 1]] = '\0';
	str_append(l->way, sizeof(l->way), "%s%s", depth > 1 ? "/" : "", title);
	len = strlen(l->way);
	l->ends[depth] = len;
	l->number += l->shown[depth];
	if (l->shown[depth] && l->number == l->wanted)
		l->entries->otherwise = l->entries->n;
	l->shown[depth + 1] = l->shown[depth] && unfolded;
	replace(&entry->title, xstrdup(title));
	entry->id = xstrdup(l->way);
}

/* "boot():/vmlinuz#SUM": on the file system of limine.conf; any other one has an argument. */
static char *path_of(const char *value, struct boot_entry *entry)
{
	const char *after = strstr(value, "):"), *path = after ? after + strlen("):") : value;
	const char *sum = strrchr(path, '#');

	if (after && !str_after(value, "boot():"))
		replace(&entry->partition, xstrndup(value, (size_t)(after + 1 - value)));
	return sum ? xstrndup(path, (size_t)(sum - path)) : xstrdup(path);
}

static void entry_option(struct limine *l, const char *key, const char *value)
{
	static const char *const kernels[] = { "path", "kernel_path", "image_path" };
	struct boot_entry *entry = last(l);

	if (strcasecmp(key, "protocol") == 0) {
		l->protocol = strcasecmp(value, "linux") == 0	? PROTOCOL_LINUX :
			      strncasecmp(value, "efi", 3) == 0 ? PROTOCOL_EFI :
			      strcasecmp(value, "uefi") == 0	? PROTOCOL_EFI :
								  PROTOCOL_OTHER;
	} else if (strcasecmp(key, "cmdline") == 0 || strcasecmp(key, "kernel_cmdline") == 0) {
		replace(&l->cmdline, xstrdup(value));
	} else if (strcasecmp(key, "module_path") == 0) {
		cleanup_free char *path = path_of(value, entry);

		(void)entry_add_image(entry, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		if (strcasecmp(key, kernels[i]) == 0)
			replace(&entry->kernel, path_of(value, entry));
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* The default is a number, or the titles that lead to an entry. */
static void take_default(struct limine *l, const char *value)
{
	if (value[strspn(value, "0123456789")])
		replace(&l->entries->wanted, xstrdup(value));
	else
		l->wanted = strtoul(value, NULL, 10);
}

static void take_option(struct limine *l, const char *line)
{
	size_t len = strcspn(line, ":");
	cleanup_free char *key = xstrndup(line, len), *value = NULL;

	if (!line[len])
		return;
	value = expand(l, line + len + 1 + strspn(line + len + 1, " \t"));
	if (l->in_entry)
		entry_option(l, key, value);
	else if (!l->entries->n && strcasecmp(key, "default_entry") == 0)
		take_default(l, value);
}

static void take_line(struct limine *l, char *line)
{
	size_t len;

	line += strspn(line, " \t\r");
	len = strlen(line);
	while (len && strchr(" \t\r", line[len - 1]))
		line[--len] = '\0';
	if (str_after(line, "${") && strstr(line, "}=")) {
		if (l->n_macros < MACROS_MAX)
			texts_add(&l->macros, &l->n_macros, line + strlen("${"));
	} else if (*line == '/') {
		take_title(l, line);
	} else if (*line != '#') {
		take_option(l, line);
	}
}

/* A menu starts nothing: the first entry in it does. */
static void settle(struct boot_entries *entries)
{
	size_t at = entries->otherwise ? entries->otherwise - 1 : 0;

	while (at + 1 < entries->n && entries->list[at].menu)
		at++;
	entries->otherwise = at + 1;
}

void limine_read(const char *text, struct boot_entries *ret)
{
	struct limine l = { .entries = ret, .wanted = 1, .shown = { [1] = true } };

	while (*text) {
		size_t len = strcspn(text, "\n");
		cleanup_free char *line = xstrndup(text, len);

		take_line(&l, line);
		text += len + (text[len] == '\n');
	}
	end_entry(&l);
	settle(ret);
	texts_free(l.macros, l.n_macros);
}
