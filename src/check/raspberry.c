/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware of the Raspberry Pi. What it reads for one model only ("[pi4]") is left out. */
#include "check/entry.h"

#include <stdio.h>

#define VALUE_MAX 256

struct settings {
	char kernel[VALUE_MAX], initramfs[VALUE_MAX], prefix[VALUE_MAX];
	bool automatic; /* auto_initramfs=1 */
	bool skip;	/* in a section for one model */
};

/* The value after name and the character; cut at a comment. */
static bool value_of(const char *line, const char *name, char separator, char *ret)
{
	const char *at = str_after(line, name);

	if (!at || *at != separator)
		return false;
	at += 1 + strspn(at + 1, " \t");
	snprintf(ret, VALUE_MAX, "%.*s", (int)strcspn(at, " \t\r#"), at);
	return true;
}

static void take_line(struct settings *s, const char *line)
{
	char value[VALUE_MAX];

	line += strspn(line, " \t");
	if (*line == '[')
		s->skip = !str_after(line, "[all]");
	else if (s->skip)
		return;
	else if (value_of(line, "kernel", '=', value))
		str_copy(s->kernel, VALUE_MAX, value);
	else if (value_of(line, "os_prefix", '=', value))
		str_copy(s->prefix, VALUE_MAX, value);
	else if (value_of(line, "initramfs", ' ', value))
		str_copy(s->initramfs, VALUE_MAX, value);
	else if (value_of(line, "auto_initramfs", '=', value))
		s->automatic = str_eq(value, "1");
}

/* "kernel8.img" has "initramfs8", "kernel_2712.img" has "initramfs_2712". */
static void find_automatic(struct settings *s)
{
	const char *rest = str_after(s->kernel, "kernel");

	if (s->automatic && !s->initramfs[0] && rest)
		snprintf(s->initramfs, VALUE_MAX, "initramfs%.*s", (int)strcspn(rest, "."), rest);
}

void raspberry_read(const char *config, const char *cmdline, struct boot_entries *ret)
{
	struct settings s = { .kernel = "kernel8.img" };
	struct boot_entry *entry;

	for (; *config; config += strcspn(config, "\n"), config += *config == '\n') {
		cleanup_free char *line = xstrndup(config, strcspn(config, "\n"));

		take_line(&s, line);
	}
	find_automatic(&s);
	entry = s.initramfs[0] ? entries_add(ret) : NULL;
	if (!entry)
		return;
	free(entry->title);
	entry->title = xstrdup("Raspberry Pi");
	entry->kernel = xasprintf("/%s%s", s.prefix, s.kernel);
	for (const char *at = s.initramfs; *at; at += strcspn(at, ","), at += *at == ',') {
		cleanup_free char *name = xstrndup(at, strcspn(at, ","));
		cleanup_free char *path = xasprintf("/%s%s", s.prefix, name);

		entry_add_image(entry, path);
	}
	while (*(cmdline += strspn(cmdline, " \t\r\n"))) {
		cleanup_free char *word = xstrndup(cmdline, strcspn(cmdline, " \t\r\n"));

		entry_add_option(entry, word);
		cmdline += strlen(word);
	}
}
