/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware of the Raspberry Pi. What it reads for one machine only is left out, unless that is
 * said to be this one ("[pi4]"). */
#include "check/entry.h"

#include <stdio.h>

#define VALUE_MAX 256

struct settings {
	char kernel[VALUE_MAX], initramfs[VALUE_MAX], prefix[VALUE_MAX], cmdline[VALUE_MAX];
	const char *model;
	bool automatic; /* auto_initramfs=1 */
	/* In a section for another model; or for what is not known here, a screen or a serial
	 * number: both hold until "[all]". */
	bool skip, skip_other;
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

/* The filters that a model passes, by a part of its name; the first that fits. */
static const struct {
	const char *model, *filters;
} models[] = {
	{ "Pi 500", "[pi5] [pi500]" },
	{ "Compute Module 5", "[pi5] [cm5]" },
	{ "Pi 5", "[pi5]" },
	{ "Pi 400", "[pi4] [pi400]" },
	{ "Compute Module 4S", "[pi4] [cm4s]" },
	{ "Compute Module 4", "[pi4] [cm4]" },
	{ "Pi 4", "[pi4]" },
	{ "Pi 3 Model A Plus", "[pi3] [pi3+]" },
	{ "Pi 3 Model B Plus", "[pi3] [pi3+]" },
	{ "Pi 3", "[pi3]" },
	{ "Compute Module 3", "[pi3]" },
	{ "Zero 2", "[pi0] [pi0w] [pi02]" },
	{ "Pi 2", "[pi2]" },
};

static const char *filters_of(const char *model)
{
	for (size_t i = 0; model && i < ARRAY_SIZE(models); i++)
		if (strstr(model, models[i].model))
			return models[i].filters;
	return "";
}

bool raspberry_is_5(const char *model)
{
	return str_after(filters_of(model), "[pi5]") != NULL;
}

static void take_section(struct settings *s, const char *line)
{
	cleanup_free char *filter = xstrndup(line, strcspn(line, "]") + 1);

	if (str_eq(filter, "[all]"))
		s->skip = s->skip_other = false;
	else if (str_after(filter, "[pi") || str_after(filter, "[cm") || str_eq(filter, "[none]"))
		s->skip = !strstr(filters_of(s->model), filter);
	else
		s->skip_other = true;
}

static void take_line(struct settings *s, const char *line)
{
	char value[VALUE_MAX];

	line += strspn(line, " \t");
	if (*line == '[')
		take_section(s, line);
	else if (s->skip || s->skip_other)
		return;
	else if (value_of(line, "kernel", '=', value))
		str_copy(s->kernel, VALUE_MAX, value);
	else if (value_of(line, "os_prefix", '=', value))
		str_copy(s->prefix, VALUE_MAX, value);
	else if (value_of(line, "cmdline", '=', value))
		str_copy(s->cmdline, VALUE_MAX, value);
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

static void take_lines(struct settings *s, const char *config)
{
	for (; *config; config += strcspn(config, "\n"), config += *config == '\n') {
		cleanup_free char *line = xstrndup(config, strcspn(config, "\n"));

		take_line(s, line);
	}
}

char *raspberry_cmdline(const char *config, const char *model)
{
	struct settings s = { .model = model, .cmdline = "cmdline.txt" };

	take_lines(&s, config);
	return xasprintf("%s%s", s.prefix, s.cmdline);
}

void raspberry_read(const char *config, const char *cmdline, const char *model, const char *kernel,
		    struct boot_entries *ret)
{
	struct settings s = { .model = model };
	struct boot_entry *entry;

	(void)str_copy(s.kernel, VALUE_MAX, kernel);
	take_lines(&s, config);
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

		(void)entry_add_image(entry, path);
	}
	while (*(cmdline += strspn(cmdline, " \t\r\n"))) {
		cleanup_free char *word = xstrndup(cmdline, strcspn(cmdline, " \t\r\n"));

		(void)entry_add_option(entry, word);
		cmdline += strlen(word);
	}
}
