/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/etc.h"

#include "base/escape.h"
#include "base/util.h"
#include "facts/setting.h"

/* A file from Windows has a carriage return at the end of each line. */
#define BLANKS " \t\r"

/* The next field of a line of fstab, with its escapes undone; "" when there is none. */
static char *field(char **save)
{
	static char none[] = "";
	char *word = strtok_r(NULL, BLANKS, save);

	if (!word)
		return none;
	(void)unescape(word, ESCAPE_OCTAL);
	return word;
}

/* Not getmntent(): some C libraries do not undo the escapes. */
void etc_fstab(const char *root, struct fstab *ret)
{
	cleanup_free char *path = xasprintf("%s/etc/fstab", root);
	cleanup_free char *text = NULL;
	char *save = NULL;

	*ret = (struct fstab){ 0 };
	if (read_file(path, 1 << 20, &text, NULL) < 0)
		return;
	/* So has it a byte order mark at its beginning, perhaps. */
	if (str_after(text, "\xef\xbb\xbf"))
		memset(text, ' ', 3);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL, *source = strtok_r(line, BLANKS, &words);
		struct fstab_line *l;

		if (!source || *source == '#')
			continue;
		l = array_add(&ret->lines, &ret->n, sizeof(*l));
		(void)unescape(source, ESCAPE_OCTAL);
		l->source = xstrdup(source);
		l->point = xstrdup(field(&words));
		l->type = xstrdup(field(&words));
		l->options = xstrdup(field(&words));
	}
}

char *etc_setting(const char *root, const char *file, const char *name)
{
	cleanup_free char *path = xasprintf("%s%s", root, file);
	cleanup_free char *text = NULL;
	char *value;

	if (read_file(path, 1 << 16, &text, NULL) < 0)
		return NULL;
	value = setting_value(text, name);
	if (value && *value)
		return value;
	free(value);
	return NULL;
}
