/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/cryptroot.h"

#include "base/util.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define TABLE_MAX (1 << 20)
/* The rest of our lines. The disk has no name there: even if a line were left behind, Debian's
 * script could open nothing with it. */
#define FIELDS " none none luks\n"

struct line {
	char *name;
	char *text; /* our line; NULL: the volume has a line that is not ours */
};

struct cryptroot {
	char *path, *temporary, *scripts;
	struct line *lines;
	size_t n;
	int first_process; /* see touch() */
};

struct cryptroot *cryptroot_new(const char *root)
{
	struct cryptroot *t = xcalloc(1, sizeof(*t));

	t->path = xasprintf("%s/cryptroot/crypttab", root);
	t->temporary = xasprintf("%s/cryptroot/.crypttab.new", root);
	t->scripts = xasprintf("%s/lib/cryptsetup", root);
	t->first_process = -1;
	return t;
}

/* As Debian's scripts read a name: with printf %b. */
static char *escaped(const char *name)
{
	char *text = xcalloc(strlen(name) + 1, 5), *at = text;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (isalnum(c) || strchr("-_.:@+", c))
			*at++ = (char)c;
		else
			at += sprintf(at, "\\0%03o", c);
	}
	return text;
}

/* Where a whole line with this text begins; NULL: nowhere. */
static char *find(char *table, const char *text)
{
	for (char *line = table; line && *line;) {
		char *end = strchr(line, '\n');

		if (strncmp(line, text, strlen(text)) == 0)
			return line;
		line = end ? end + 1 : NULL;
	}
	return NULL;
}

/* Whether the table names the volume. */
static bool has(char *table, const char *name)
{
	cleanup_free char *blank = xasprintf("%s ", name), *tab = xasprintf("%s\t", name);

	return find(table, blank) || find(table, tab);
}

/*
 * What counts is that the table is not older than /proc/1, and the time of that is when it was
 * first looked at. So it is looked at now, and held: otherwise the kernel could forget it.
 */
static void touch(struct cryptroot *t)
{
	if (t->first_process < 0)
		t->first_process = open("/proc/1", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	(void)utimensat(AT_FDCWD, t->path, NULL, AT_SYMLINK_NOFOLLOW);
}

static void write_table(struct cryptroot *t, const char *content)
{
	cleanup_close int fd = -1;

	(void)make_parent_dirs(t->path, 0755);
	(void)unlink(t->temporary);
	fd = open(t->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write_all(fd, content, strlen(content)) == 0)
		(void)rename(t->temporary, t->path);
}

static char *read_table(const struct cryptroot *t)
{
	char *text = NULL;
	int r = read_file(t->path, TABLE_MAX, &text, NULL);

	/* None, as in an image that was made without a crypttab: an empty one. */
	return r == -ENOENT ? xstrdup("") : r < 0 ? NULL : text;
}

void cryptroot_add(struct cryptroot *t, const char *name)
{
	cleanup_free char *table = NULL, *mangled = escaped(name), *whole = NULL;
	struct line *line;
	size_t len;

	if (access(t->scripts, F_OK) < 0)
		return;
	table = read_table(t);
	if (!table)
		return;
	line = array_add(&t->lines, &t->n, sizeof(*line));
	line->name = xstrdup(name);
	if (!has(table, mangled)) {
		line->text = xasprintf("%s" FIELDS, mangled);
		len = strlen(table);
		whole = xasprintf("%s%s%s", table, len && table[len - 1] != '\n' ? "\n" : "",
				  line->text);
		write_table(t, whole);
	}
	touch(t);
}

static void remove_line(struct cryptroot *t, struct line *line)
{
	cleanup_free char *table = line->text ? read_table(t) : NULL;
	char *at = table ? find(table, line->text) : NULL;

	if (at) {
		memmove(at, at + strlen(line->text), strlen(at + strlen(line->text)) + 1);
		write_table(t, table);
	}
	free(line->text);
	line->text = NULL;
}

void cryptroot_remove(struct cryptroot *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->lines[i].name, name))
			remove_line(t, &t->lines[i]);
}

struct cryptroot *cryptroot_free(struct cryptroot *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		remove_line(t, &t->lines[i]);
		free(t->lines[i].name);
	}
	if (t->first_process >= 0)
		close(t->first_process);
	free(t->lines);
	free(t->path);
	free(t->temporary);
	free(t->scripts);
	free(t);
	return NULL;
}
