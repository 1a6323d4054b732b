/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/tags.h"

#include "base/bytes.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "integrt"

/* --- the walk --- */

bool tags_begin(const unsigned char superblock[static 64], uint64_t offset, struct tags_walk *ret)
{
	struct tags_walk walk = { .unit = 0 };

	if (memcmp(superblock, MAGIC, sizeof(MAGIC)) != 0 ||
	    !layout_read(superblock, offset, &walk.layout) || walk.layout.areas > TAGS_RUNS_MAX)
		return false;
	*ret = walk;
	return true;
}

/* Where a unit is. */
static uint64_t unit(const struct layout *l, uint64_t number, uint64_t *ret_len)
{
	struct layout_area area;

	if (number == 0) {
		*ret_len = LAYOUT_SUPERBLOCK + l->journal * 512;
		return l->offset;
	}
	layout_area(l, number - 1, &area);
	*ret_len = area.tags;
	return area.at;
}

bool tags_next(struct tags_walk *walk, struct tags_piece *ret)
{
	uint64_t len, at, left;

	if (walk->unit > walk->layout.areas)
		return false;
	at = unit(&walk->layout, walk->unit, &len);
	left = len - walk->at;
	*ret = (struct tags_piece){ .unit = walk->unit,
				    .offset = at + walk->at,
				    .len = left < TAGS_PIECE ? (size_t)left : TAGS_PIECE,
				    .last = left <= TAGS_PIECE };
	walk->at = ret->last ? 0 : walk->at + ret->len;
	walk->unit += ret->last;
	return true;
}

uint64_t tags_size(const struct layout *layout)
{
	return LAYOUT_SUPERBLOCK + (layout->journal + layout->areas * layout->run) * 512;
}

/* --- the sums --- */

void tags_sums_begin(uint64_t runs, struct tags *ret)
{
	struct tags tags = { .state = TAGS_TAKEN, .digits = 1 };

	for (uint64_t n = TAGS_BASE; n < runs && tags.digits < TAGS_DIGITS; n *= TAGS_BASE)
		tags.digits++;
	*ret = tags;
}

void tags_sums_add(struct tags *tags, uint64_t unit_number, const unsigned char hash[static 32])
{
	uint32_t sum = (uint32_t)get_le(hash, 4);
	uint64_t run = unit_number - 1;

	if (unit_number == 0) {
		tags->first = sum;
		return;
	}
	for (unsigned i = 0; i < tags->digits; i++, run /= TAGS_BASE)
		tags->sums[i][run % TAGS_BASE] ^= sum;
}

/* Each run that differs has, in each place, a digit between the lowest and the highest one whose
 * sum differs; and in no place there are more of those than runs. */
void tags_compare(const struct tags *was, const struct tags *is, uint64_t runs,
		  struct tags_difference *ret)
{
	struct tags_difference d = { .first = was->digits > 0 && was->first != is->first };

	for (unsigned i = was->digits == is->digits ? was->digits : 0; i-- > 0;) {
		unsigned low = TAGS_BASE, high = 0, n = 0;

		for (unsigned v = 0; v < TAGS_BASE; v++) {
			if (was->sums[i][v] == is->sums[i][v])
				continue;
			low = n == 0 ? v : low;
			high = v;
			n++;
		}
		d.from = d.from * TAGS_BASE + (n > 0 ? low : 0);
		d.to = d.to * TAGS_BASE + high;
		d.at_least = n > d.at_least ? n : d.at_least;
	}
	d.known = d.at_least > 0 && d.from < runs;
	if (d.to >= runs)
		d.to = runs - 1;
	*ret = d;
}

/* --- texts and bytes --- */

static void put_sum(char *ret, uint32_t sum)
{
	(void)snprintf(ret, 9, "%08x", sum);
}

void tags_sums_write(const struct tags *tags, char ret[static TAGS_SUMS_TEXT])
{
	char *at = ret;

	*at = '\0';
	if (tags->state != TAGS_TAKEN || tags->digits == 0)
		return;
	put_sum(at, tags->first);
	for (unsigned i = 0; i < tags->digits; i++)
		for (unsigned v = 0; v < TAGS_BASE; v++)
			put_sum(at += 8, tags->sums[i][v]);
}

static bool get_sum(const char *text, uint32_t *ret)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 8; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0)
			return false;
		sum = sum << 4 | (uint32_t)digit;
	}
	*ret = sum;
	return true;
}

bool tags_sums_read(const char *text, struct tags *ret)
{
	size_t n = strlen(text) / 8;
	uint32_t first = 0;
	uint32_t sums[TAGS_DIGITS][TAGS_BASE] = { 0 };

	if (!*text) {
		ret->digits = 0;
		return true;
	}
	if (strlen(text) % 8 != 0 || n % TAGS_BASE != 1 || n == 1 ||
	    n > 1 + TAGS_DIGITS * TAGS_BASE || !get_sum(text, &first))
		return false;
	for (size_t i = 0; i < n - 1; i++)
		if (!get_sum(text + 8 * (i + 1), &sums[i / TAGS_BASE][i % TAGS_BASE]))
			return false;
	ret->digits = (unsigned)(n / TAGS_BASE);
	ret->first = first;
	memcpy(ret->sums, sums, sizeof(sums));
	return true;
}

void tags_bytes(const struct tags *tags, unsigned char ret[static TAGS_BYTES])
{
	unsigned char *at = ret;

	*at++ = (unsigned char)tags->state;
	memcpy(at, tags->digest, TAGS_DIGEST);
	at += TAGS_DIGEST;
	*at++ = (unsigned char)tags->digits;
	put_be(at, tags->first, 4);
	for (unsigned i = 0; i < TAGS_DIGITS; i++)
		for (unsigned v = 0; v < TAGS_BASE; v++)
			put_be(at += 4, tags->sums[i][v], 4);
}
