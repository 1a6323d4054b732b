/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/escape.h"

#include "base/parse.h"
#include "base/util.h"

#include <stdio.h>

/* Reads at most max octal digits; returns how many there are. */
static size_t octal_digits(const char *s, size_t max, unsigned *ret)
{
	unsigned value = 0;
	size_t n = 0;

	for (; n < max && s[n] >= '0' && s[n] <= '7'; n++)
		value = value * 8 + (unsigned)(s[n] - '0');
	*ret = value;
	return n;
}

/* The length of the escape at s, 0 when there is none. */
static size_t escape_at(const char *s, unsigned forms, unsigned *ret_byte)
{
	unsigned byte = 0;
	size_t len = 0;

	if (*s != '\\')
		return 0;
	if ((forms & ESCAPE_HEX) && s[1] == 'x' && hex_value(s[2]) >= 0 && hex_value(s[3]) >= 0) {
		byte = (unsigned)(hex_value(s[2]) << 4 | hex_value(s[3]));
		len = 4;
	} else if ((forms & ESCAPE_OCTAL) && octal_digits(s + 1, 3, &byte) == 3) {
		len = 4;
	} else if ((forms & ESCAPE_ZERO_OCTAL) && s[1] == '0') {
		len = 2 + octal_digits(s + 2, 3, &byte);
	}
	if (byte > 0xff || (byte == 0 && !(forms & ESCAPE_NUL)))
		return 0;
	*ret_byte = byte;
	return len;
}

int unescape(char *s, unsigned forms)
{
	char *out = s;
	int r = 0;

	while (*s) {
		unsigned byte = 0;
		size_t len = escape_at(s, forms, &byte);

		if (len > 0) {
			*out++ = (char)byte;
			s += len;
			continue;
		}
		if ((forms & ESCAPE_HEX) && s[0] == '\\' && s[1] == 'x')
			r = -EINVAL;
		*out++ = *s++;
	}
	*out = '\0';
	return r;
}

char *escape(const char *s, const char *special)
{
	char *escaped = xcalloc(1, strlen(s) * 5 + 1), *out = escaped;

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= 0x20 || c == 0x7f || c == '\\' || strchr(special, c))
			out += snprintf(out, 6, "\\0%03o", c);
		else
			*out++ = (char)c;
	}
	return escaped;
}

char *str_printable(char *s)
{
	for (char *p = s; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return s;
}
