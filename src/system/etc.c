/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/etc.h"

#include "base/escape.h"
#include "base/util.h"

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
char *etc_fstab(const char *root, const char *mount_point, char **ret_type)
{
	cleanup_free char *path = xasprintf("%s/etc/fstab", root);
	cleanup_free char *text = NULL;
	char *save = NULL;

	if (ret_type)
		*ret_type = NULL;
	if (read_file(path, 1 << 20, &text, NULL) < 0)
		return NULL;
	/* So has it a byte order mark at its beginning, perhaps. */
	if (str_after(text, "\xef\xbb\xbf"))
		memset(text, ' ', 3);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL, *source = strtok_r(line, BLANKS, &words), *dir, *type;

		if (!source || *source == '#')
			continue;
		dir = field(&words);
		type = field(&words);
		if (!str_eq(str_eq(mount_point, "swap") ? type : dir, mount_point))
			continue;
		(void)unescape(source, ESCAPE_OCTAL);
		if (ret_type)
			*ret_type = xstrdup(type);
		return xstrdup(source);
	}
	return NULL;
}

char *etc_setting(const char *root, const char *file, const char *name)
{
	cleanup_free char *path = xasprintf("%s%s", root, file);
	cleanup_free char *text = NULL;
	char *value = NULL, *save = NULL;

	if (read_file(path, 1 << 16, &text, NULL) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *p = str_after(line + strspn(line, " \t"), name);
		size_t len;

		if (!p || *p != '=')
			continue;
		p++;
		free(value);
		value = NULL;
		if (*p == '"' || *p == '\'') {
			len = strcspn(p + 1, *p == '"' ? "\"" : "'");
			p++;
		} else {
			len = strcspn(p, BLANKS ";#");
		}
		if (len && !memchr(p, '$', len) && !memchr(p, '`', len))
			value = xstrndup(p, len);
	}
	return value;
}
