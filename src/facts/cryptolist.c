/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/cryptolist.h"

#include "base/util.h"

#include <stdlib.h>

/* Of a line "name         : sha256" the value, when it is this key's; *ret_len is its length. */
static const char *value_of(const char *line, const char *key, size_t *ret_len)
{
	const char *value = str_after(line, key);

	if (!value)
		return NULL;
	value += strspn(value, " \t");
	if (*value != ':')
		return NULL;
	value += 1 + strspn(value + 1, " \t");
	*ret_len = strcspn(value, "\n");
	return value;
}

/* An algorithm, from its line "name" to the blank line. */
struct entry {
	bool named, internal;
	const char *driver;
	size_t driver_len;
	long priority;
};

static void read_line_of(const char *line, const char *algorithm, struct entry *e)
{
	const char *value;
	size_t len;

	if ((value = value_of(line, "name", &len))) {
		*e = (struct entry){ .named = len == strlen(algorithm) &&
					      strncmp(value, algorithm, len) == 0 };
	} else if ((value = value_of(line, "driver", &len))) {
		e->driver = value;
		e->driver_len = len;
	} else if ((value = value_of(line, "priority", &len))) {
		e->priority = strtol(value, NULL, 10);
	} else if ((value = value_of(line, "internal", &len))) {
		e->internal = len == 3 && strncmp(value, "yes", 3) == 0;
	}
}

bool cryptolist_driver(const char *list, const char *algorithm, char *buf, size_t size)
{
	struct entry e = { 0 }, best = { 0 };

	for (const char *line = list;; line += *line == '\n') {
		if (*line == '\n' || !*line) {
			if (e.named && e.driver && !e.internal &&
			    (!best.driver || e.priority > best.priority))
				best = e;
			e = (struct entry){ 0 };
		}
		if (!*line)
			break;
		read_line_of(line, algorithm, &e);
		line += strcspn(line, "\n");
	}
	buf[0] = '\0';
	if (best.driver) {
		cleanup_free char *driver = xstrndup(best.driver, best.driver_len);

		str_copy(buf, size, driver);
	}
	return best.driver != NULL;
}
