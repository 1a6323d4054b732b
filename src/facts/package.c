/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/package.h"

#include "base/util.h"

char *package_dpkg_pattern(const char *path)
{
	char *pattern = xcalloc(2, strlen(path) + 1), *to = pattern;

	for (; *path; path++) {
		if (strchr("*?[]\\", *path))
			*to++ = '\\';
		*to++ = *path;
	}
	return pattern;
}

/* A person may paste it into a root shell. */
static bool take_name(const char *name, size_t len, char ret[static PACKAGE_NAME_MAX])
{
	static const char more[] = "+-.:_~";

	if (len == 0 || len >= PACKAGE_NAME_MAX || name[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      strchr(more, c)))
			return false;
	}
	memcpy(ret, name, len);
	ret[len] = '\0';
	return true;
}

bool package_from_dpkg(const char *output, const char *path, char ret[static PACKAGE_NAME_MAX])
{
	cleanup_free char *end = xasprintf(": %s", path);
	size_t end_len = strlen(end);

	for (const char *line = output; *line;) {
		size_t len = strcspn(line, "\n");

		/* "diversion by dash from: /bin/sh" ends so, too, and is no name. */
		if (len > end_len && memcmp(line + len - end_len, end, end_len) == 0 &&
		    take_name(line,
			      strcspn(line, ",\n") < len - end_len ? strcspn(line, ",") :
								     len - end_len,
			      ret))
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

bool package_from_lines(const char *output, char ret[static PACKAGE_NAME_MAX])
{
	for (const char *line = output; *line;) {
		size_t len = strcspn(line, "\n");

		if (take_name(line, len, ret))
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}
