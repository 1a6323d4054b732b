/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/bootconfig.h"

#include "base/util.h"

/* The text, its size, the sum of its bytes, and this mark, which may be followed by padding. */
#define MARK "#BOOTCONFIG\n"
#define MARK_SIZE (sizeof(MARK) - 1)
#define PADDING_MAX 3
#define TEXT_MAX (32 << 10)

static uint32_t number(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t sum_of(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;

	while (n--)
		sum += *data++;
	return sum;
}

/* The same for a mark that ends at end; 0: there is none. */
static uint64_t before(const struct unified_source *source, uint64_t at, uint64_t end)
{
	uint8_t tail[8 + MARK_SIZE];
	cleanup_free uint8_t *text = NULL;
	uint32_t size;

	if (end - at < sizeof(tail) ||
	    !source->read(source->arg, end - sizeof(tail), tail, sizeof(tail)) ||
	    memcmp(tail + 8, MARK, MARK_SIZE) != 0)
		return 0;
	size = number(tail);
	if (size > TEXT_MAX || size > end - at - sizeof(tail))
		return 0;
	text = xcalloc(size + 1, 1);
	if (!source->read(source->arg, end - sizeof(tail) - size, text, size) ||
	    sum_of(text, size) != number(tail + 4))
		return 0;
	return end - sizeof(tail) - size - at;
}

uint64_t bootconfig_before(const struct unified_source *source, uint64_t at, uint64_t size)
{
	for (uint64_t padding = 0; padding <= PADDING_MAX && padding < size; padding++) {
		uint64_t left = before(source, at, at + size - padding);

		if (left)
			return left;
	}
	return size;
}
