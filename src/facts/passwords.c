/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/passwords.h"

#include <string.h>

const unsigned char *passwords_next(const unsigned char *list, size_t size, size_t *at,
				    size_t *ret_len)
{
	while (*at < size) {
		const unsigned char *start = list + *at;
		const unsigned char *end = memchr(start, '\0', size - *at);
		size_t len = end ? (size_t)(end - start) : size - *at;

		*at += len + 1;
		if (len > 0) {
			*ret_len = len;
			return start;
		}
	}
	return NULL;
}

bool passwords_have(const unsigned char *list, size_t size, const unsigned char *password,
		    size_t len)
{
	const unsigned char *p;
	size_t at = 0, n;

	while ((p = passwords_next(list, size, &at, &n)))
		if (n == len && memcmp(p, password, len) == 0)
			return true;
	return false;
}
