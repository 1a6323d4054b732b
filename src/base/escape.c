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
	} else if ((forms & ESCAPE_COMMA) && s[1] == ',') {
		byte = ',';
		len = 2;
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
			*out++ = (forms & ESCAPE_COMMA) && byte == ',' ? ESCAPED_COMMA : (char)byte;
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

/* Code points that a message may show: letters, digits and punctuation of scripts that are written
 * from left to right, one glyph each. Left out, so never on a screen: control characters (also
 * those from 0x80 to 0x9f), characters without a width, and whatever changes the direction of
 * writing. */
static const struct {
	uint32_t first, last;
} shown[] = {
	{ 0x20, 0x7e },	    /* ASCII */
	{ 0xa1, 0xac },	    /* Latin */
	{ 0xae, 0x2ff },    /* Latin, phonetic letters */
	{ 0x370, 0x482 },   /* Greek, Cyrillic */
	{ 0x48a, 0x58f },   /* Cyrillic, Armenian */
	{ 0x10d0, 0x10ff }, /* Georgian */
	{ 0x1e00, 0x1fff }, /* Latin and Greek with accents */
	{ 0x2010, 0x2027 }, /* dashes, quotation marks */
	{ 0x2030, 0x205e }, /* more punctuation */
	{ 0x20a0, 0x20c0 }, /* currencies */
	{ 0x3001, 0x30ff }, /* Chinese and Japanese punctuation, kana */
	{ 0x3400, 0x9fff }, /* Chinese characters */
	{ 0xac00, 0xd7a3 }, /* Korean */
};

static bool is_shown(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (c >= shown[i].first && c <= shown[i].last)
			return true;
	return false;
}

/* The length of the UTF-8 character at s, and its code point; 0 when there is none: a stray or
 * missing continuation byte, a longer form than needed, a surrogate, a number above U+10FFFF. */
static size_t character_at(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*s;
	size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0x7fU >> len);

	if (len == 0 || first >= 0xf8)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

bool str_has_control(const char *s)
{
	while (*s) {
		uint32_t c = 0;
		size_t len = character_at(s, &c);

		if (len == 0)
			c = (unsigned char)*s; /* Latin-1 */
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return true;
		s += len > 0 ? len : 1;
	}
	return false;
}

/* keep: one more byte that stays as it is. */
static char *make_printable(char *s, char keep)
{
	const char *in = s;
	char *out = s;

	while (*in) {
		uint32_t c = 0;
		size_t len = character_at(in, &c);

		if (*in == keep || (len > 0 && is_shown(c))) {
			memmove(out, in, len);
			out += len;
		} else {
			*out++ = '?';
		}
		in += len > 0 ? len : 1;
	}
	*out = '\0';
	return s;
}

char *str_printable(char *s)
{
	return make_printable(s, ' ');
}

char *str_printable_lines(char *s)
{
	return make_printable(s, '\n');
}

char *escape(const char *s, const char *special)
{
	char *escaped = xcalloc(1, strlen(s) * 5 + 1), *out = escaped;

	while (*s) {
		uint32_t point = 0;
		size_t len = character_at(s, &point);
		bool plain = len > 0 && is_shown(point) && *s != ' ' && *s != '\\' &&
			     !strchr(special, *s);

		for (size_t i = 0; i < (len > 0 ? len : 1); i++, s++)
			if (plain)
				*out++ = *s;
			else
				out += snprintf(out, 6, "\\0%03o", (unsigned char)*s);
	}
	return escaped;
}

char *shell_word(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+:@%,-";
	char *word, *out;

	if (*text && !text[strspn(text, plain)])
		return xstrdup(text);
	out = word = xcalloc(1, strlen(text) * 4 + 3);
	*out++ = '\'';
	for (; *text; text++) {
		/* A quote ends the quoted text, stands alone, and begins it again. */
		if (*text == '\'')
			out = stpcpy(out, "'\\'");
		*out++ = *text;
	}
	*out = '\'';
	return word;
}
