/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/setting.h"

#include "base/util.h"

/* A file from Windows has a carriage return at the end of each line. */
#define BLANKS " \t\r"

/* The value that begins here; *ret_len its length without quotes. */
static const char *value_at(const char *p, size_t *ret_len)
{
	if (*p != '"' && *p != '\'') {
		*ret_len = strcspn(p, BLANKS "\n;#");
		return p;
	}
	*ret_len = strcspn(p + 1, *p == '"' ? "\"\n" : "'\n");
	return p + 1;
}

char *setting_value(const char *text, const char *name)
{
	char *value = NULL;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = str_after(line + strspn(line, " \t"), name);
		size_t len;

		if (!p || *p != '=')
			continue;
		p = value_at(p + 1, &len);
		free(value);
		value = memchr(p, '$', len) || memchr(p, '`', len) ? NULL : xstrndup(p, len);
	}
	return value;
}
