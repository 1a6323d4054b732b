/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/message.h"

#include "base/escape.h"
#include "base/util.h"

#define INDENT "        "

static size_t count(const char *s, char c)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

char *message_format(const char *name, const char *label, const char *text)
{
	cleanup_free char *clean_name = xstrdup(name ? name : "");
	cleanup_free char *clean = xstrdup(text);
	size_t size;
	char *message;

	str_printable(clean_name);
	str_printable_lines(clean);
	size = strlen("intact: : : \n") + strlen(clean_name) + (label ? strlen(label) : 0) +
	       strlen(clean) + count(clean, '\n') * strlen(INDENT) + 1;
	message = xcalloc(1, size);
	str_append(message, size, "intact: %s%s%s%s", clean_name, name ? ": " : "",
		   label ? label : "", label ? ": " : "");
	for (char *rest = clean, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		str_append(message, size, "%s%s", line, rest ? "\n" INDENT : "\n");
	return message;
}

void message_print(const char *name, const char *label, const char *text)
{
	cleanup_free char *message = message_format(name, label, text);

	(void)write_all(STDERR_FILENO, message, strlen(message));
}
