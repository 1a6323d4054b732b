/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collect: a piece of known size, out of a stream that comes in parts of any size.
 */
#ifndef INTACT_BASE_COLLECT_H
#define INTACT_BASE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes as much of *data as there is up to end, until want bytes are at to; *have counts them.
 * False: more are needed. */
static inline bool collect(uint8_t *to, size_t *have, size_t want, const uint8_t **data,
			   const uint8_t *end)
{
	size_t n = want - *have, there = (size_t)(end - *data);

	if (n > there)
		n = there;
	memcpy(to + *have, *data, n);
	*have += n;
	*data += n;
	return *have == want;
}

#endif
