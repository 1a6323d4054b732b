/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/order.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* --- versions -----------------------------------------------------------------------------------
 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Characters that are in no version separate, and do not count. */
static const char *skip_others(const char *s)
{
	while (*s && !is_digit(*s) && !is_letter(*s) && !strchr("~-^.", *s))
		s++;
	return s;
}

static int compare(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_numbers(const char **a, const char **b)
{
	size_t n, m;
	int r;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	n = strspn(*a, "0123456789");
	m = strspn(*b, "0123456789");
	r = compare(n, m);
	if (!r)
		r = memcmp(*a, *b, n);
	*a += n;
	*b += m;
	return r;
}

static int compare_letters(const char **a, const char **b)
{
	size_t n = 0, m = 0;
	int r;

	while (is_letter((*a)[n]))
		n++;
	while (is_letter((*b)[m]))
		m++;
	r = memcmp(*a, *b, n < m ? n : m);
	if (!r)
		r = compare(n, m);
	*a += n;
	*b += m;
	return r;
}

/* A version with this separator here is older than one with something else. */
static int compare_separators(const char **a, const char **b, char separator)
{
	bool x = **a == separator, y = **b == separator;

	*a += x && y;
	*b += x && y;
	return y - x;
}

int version_compare(const char *a, const char *b)
{
	int r = 0;

	while (!r) {
		a = skip_others(a);
		b = skip_others(b);
		r = compare_separators(&a, &b, '~');
		if (r)
			break;
		if (!*a || !*b)
			return compare(*a != '\0', *b != '\0');
		for (const char *s = "-^."; *s && !r; s++)
			r = compare_separators(&a, &b, *s);
		if (!r)
			r = is_digit(*a) || is_digit(*b) ? compare_numbers(&a, &b) :
							   compare_letters(&a, &b);
	}
	return r;
}

/* --- patterns -----------------------------------------------------------------------------------
 */

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Does the pattern's first element, "[…]" or one character, match c? *ret_next: what follows it. */
static bool element_matches(const char *pattern, char c, const char **ret_next)
{
	const char *end = *pattern == '[' && pattern[1] ? strchr(pattern + 2, ']') : NULL;
	bool found = false;

	*ret_next = end ? end + 1 : pattern + 1;
	if (!end)
		return *pattern == '?' || lower(*pattern) == lower(c);
	for (const char *at = pattern + 1; at < end; at++) {
		char last = at + 2 < end && at[1] == '-' ? at[2] : *at;

		found |= lower(*at) <= lower(c) && lower(c) <= lower(last);
		at += last != *at ? 2 : 0;
	}
	return found;
}

bool pattern_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL, *next;

	while (*text || *pattern == '*') {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern && element_matches(pattern, *text, &next)) {
			pattern = next;
			text++;
		} else if (star && *from) {
			/* Only the last star has to be tried again. */
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	return !*pattern;
}
