/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "base/escape.h"
#include "base/util.h"

char *json_string(const char *text)
{
	cleanup_free char *printable = NULL;
	char *quoted, *to;

	if (!text)
		return xstrdup("null");
	/* Only quotes and backslashes are left to be escaped. */
	printable = str_printable(xstrdup(text));
	to = quoted = xcalloc(2 * strlen(printable) + 3, 1);
	*to++ = '"';
	for (const char *from = printable; *from; from++) {
		if (*from == '"' || *from == '\\')
			*to++ = '\\';
		*to++ = *from;
	}
	*to = '"';
	return quoted;
}
