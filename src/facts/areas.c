/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/areas.h"

#include "base/util.h"

void areas_add(struct areas *areas, const struct area *area)
{
	*(struct area *)array_add(&areas->list, &areas->n, sizeof(*areas->list)) = *area;
}

static int compare(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

void areas_sort(struct areas *areas)
{
	if (areas->n > 1)
		qsort(areas->list, areas->n, sizeof(*areas->list), compare);
}

void areas_free(struct areas *areas)
{
	free(areas->list);
	*areas = (struct areas){ 0 };
}

size_t areas_find(const struct areas *areas, uint64_t from)
{
	size_t low = 0, high = areas->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct area *a = &areas->list[middle];

		/* The sum may be larger than the largest number. */
		if (a->from <= from && from - a->from >= a->len)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool area_cut(const struct area *area, uint64_t from, uint64_t len, struct area *ret)
{
	uint64_t skip = from > area->from ? from - area->from : 0;
	uint64_t before = area->from > from ? area->from - from : 0;

	if (skip >= area->len || before >= len)
		return false;
	*ret = *area;
	ret->from += skip;
	ret->volume += skip;
	ret->len -= skip;
	if (ret->len > len - before)
		ret->len = len - before;
	return true;
}

void areas_map(const struct areas *areas, uint64_t below, uint64_t above, uint64_t len,
	       struct areas *ret)
{
	struct area part;

	for (size_t i = areas_find(areas, below); i < areas->n; i++) {
		if (!area_cut(&areas->list[i], below, len, &part))
			break;
		part.from = part.from - below + above;
		areas_add(ret, &part);
	}
}

static uint64_t end_of(const struct area *a)
{
	return a->from + a->len;
}

void areas_subtract(const struct areas *areas, const struct areas *taken, struct areas *ret)
{
	for (size_t i = 0; i < areas->n; i++) {
		struct area rest = areas->list[i], before;
		uint64_t end = end_of(&rest);

		for (size_t j = 0; j < taken->n && taken->list[j].from < end && rest.len; j++) {
			const struct area *t = &taken->list[j];

			if (end_of(t) <= rest.from)
				continue;
			if (t->from > rest.from &&
			    area_cut(&rest, rest.from, t->from - rest.from, &before))
				areas_add(ret, &before);
			if (!area_cut(&rest, end_of(t), end, &rest))
				rest.len = 0;
		}
		if (rest.len)
			areas_add(ret, &rest);
	}
}
