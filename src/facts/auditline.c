/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/auditline.h"

#include "base/util.h"

#include <stdio.h>

/* What auditd puts after a record when it also writes the names of what is in it. */
#define NAMES_FOLLOW '\x1d'

/* Goes on after a number of at most max. */
static bool take_number(const char **at, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t digits = strspn(*at, "0123456789");

	if (!digits || digits > 19)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = 10 * value + (uint64_t)((*at)[i] - '0');
	*at += digits;
	*ret = value;
	return value <= max;
}

static bool take_text(const char **at, const char *text)
{
	const char *rest = str_after(*at, text);

	if (!rest)
		return false;
	*at = rest;
	return true;
}

/* What an operation is called. */
static bool take_word(const char **at)
{
	size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz-");

	*at += len;
	return len > 0;
}

/* With the machine's name before it where several write to one log. An auditd that is older than
 * the kernel has only the number of the type. */
static bool take_type(const char **at)
{
	if (take_text(at, "audit: type=1339 audit("))
		return true;
	if (take_text(at, "node=")) {
		*at += strcspn(*at, " ");
		*at += **at == ' ';
	}
	return take_text(at, "type=DM_EVENT msg=audit(") ||
	       take_text(at, "type=UNKNOWN[1339] msg=audit(");
}

/* "1630425039.363:184): " */
static bool take_time(const char **at, uint64_t *ret)
{
	uint64_t seconds, ms, serial;

	if (!take_number(at, UINT32_MAX, &seconds) || !take_text(at, ".") ||
	    !take_number(at, 999, &ms) || !take_text(at, ":") ||
	    !take_number(at, UINT64_MAX, &serial) || !take_text(at, "): "))
		return false;
	*ret = 1000 * seconds + ms;
	return true;
}

/* "module=integrity op=integrity-checksum dev=254:3 sector=77480 res=0" */
static bool take_event(const char **at, uint64_t *ret_major, uint64_t *ret_minor)
{
	uint64_t sector;

	if (!take_text(at, "module=integrity op=") && !take_text(at, "module=crypt op="))
		return false;
	return take_word(at) && take_text(at, " dev=") && take_number(at, UINT32_MAX, ret_major) &&
	       take_text(at, ":") && take_number(at, UINT32_MAX, ret_minor) &&
	       take_text(at, " sector=") &&
	       (take_text(at, "?") || take_number(at, UINT64_MAX, &sector)) &&
	       take_text(at, " res=0");
}

bool auditline_read(const char *line, struct audit_error *ret)
{
	uint64_t ms, major, minor;

	if (!take_type(&line) || !take_time(&line, &ms) || !take_event(&line, &major, &minor) ||
	    (*line && *line != NAMES_FOLLOW))
		return false;
	*ret = (struct audit_error){ ms, (unsigned)major, (unsigned)minor };
	return true;
}

bool auditline_is_of(const struct audit_error *e, const char *number)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", e->major, e->minor);
	return str_eq(text, number);
}
