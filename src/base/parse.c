/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"

#include "base/util.h"

#include <strings.h>

int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	/* Digits first, then the size: "99999999999999999999x" is no number, not one too large. */
	if (s[strspn(s, "0123456789")])
		return -EINVAL;
	for (; *s; s++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1", "n", "y", "f", "t",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(s, words[i]) == 0) {
			*ret = i % 2 == 1;
			return 0;
		}
	return -EINVAL;
}

/* systemd.time(7), without months and years: no disk is waited for that long. */
static const struct {
	const char *name;
	uint64_t us;
} time_units[] = {
	{ "us", 1 },
	{ "usec", 1 },
	{ "ms", 1000 },
	{ "msec", 1000 },
	{ "s", 1000000 },
	{ "sec", 1000000 },
	{ "second", 1000000 },
	{ "seconds", 1000000 },
	{ "m", 60000000 },
	{ "min", 60000000 },
	{ "minute", 60000000 },
	{ "minutes", 60000000 },
	{ "h", 3600000000 },
	{ "hr", 3600000000 },
	{ "hour", 3600000000 },
	{ "hours", 3600000000 },
	{ "d", 86400000000 },
	{ "day", 86400000000 },
	{ "days", 86400000000 },
	{ "w", 604800000000 },
	{ "week", 604800000000 },
	{ "weeks", 604800000000 },
};

/* Reads one "NUMBER[.FRACTION][ UNIT]" at *s and moves *s to its end. */
static int parse_span(const char **s, uint64_t *ret_us)
{
	size_t digits = strspn(*s, "0123456789"), fraction_digits = 0, unit_len;
	uint64_t us, unit = 1000000, scale, fraction = 0;
	char number[24];
	const char *p = *s + digits;

	if (digits == 0)
		return -EINVAL;
	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, *s, digits);
	number[digits] = '\0';
	if (parse_u64(number, UINT64_MAX, &us) < 0)
		return -ERANGE;

	if (*p == '.') {
		const char *f = ++p;

		fraction_digits = strspn(f, "0123456789");
		if (fraction_digits == 0)
			return -EINVAL;
		p += fraction_digits;
		/* digits below a microsecond do not matter */
		if (fraction_digits > 6)
			fraction_digits = 6;
		for (size_t i = 0; i < fraction_digits; i++)
			fraction = fraction * 10 + (uint64_t)(f[i] - '0');
	}

	p += strspn(p, " \t");
	unit_len = strspn(p, "abcdefghijklmnopqrstuvwxyz");
	if (unit_len > 0) {
		size_t i = 0;

		while (i < ARRAY_SIZE(time_units) && (strlen(time_units[i].name) != unit_len ||
						      memcmp(time_units[i].name, p, unit_len) != 0))
			i++;
		if (i == ARRAY_SIZE(time_units))
			return -EINVAL;
		unit = time_units[i].us;
	}
	for (scale = 1; fraction_digits > 0; fraction_digits--)
		scale *= 10;
	if (__builtin_mul_overflow(us, unit, &us) ||
	    __builtin_add_overflow(us, fraction * unit / scale, &us))
		return -ERANGE;
	*s = p + unit_len;
	*ret_us = us;
	return 0;
}

int parse_seconds(const char *s, uint64_t *ret_ms)
{
	uint64_t total = 0;

	s += strspn(s, " \t");
	if (str_eq(s, "infinity")) {
		*ret_ms = WAIT_FOREVER;
		return 0;
	}
	do {
		uint64_t us;
		int r = parse_span(&s, &us);

		if (r < 0)
			return r;
		if (__builtin_add_overflow(total, us, &total))
			return -ERANGE;
		s += strspn(s, " \t");
	} while (*s);

	*ret_ms = total / 1000;
	return 0;
}

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
