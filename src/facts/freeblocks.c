/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/freeblocks.h"

bool freeblocks_next(const struct areas *areas, unsigned size, struct freeblocks_place *place,
		     struct freeblocks *ret)
{
	*ret = (struct freeblocks){ .size = size };
	while (place->area < areas->n && ret->n < FREEBLOCKS_MAX) {
		const struct area *a = &areas->list[place->area];
		uint64_t at = a->from + place->at, up = (size - at % size) % size;

		if (place->at + up > a->len || a->len - place->at - up < size) {
			place->area++;
			place->at = 0;
			continue;
		}
		ret->list[ret->n++].from = at + up;
		place->at += up + size;
	}
	return ret->n > 0;
}

void freeblocks_see(struct freeblocks *blocks, const struct area *part, bool is_free)
{
	struct area cut;

	for (size_t i = 0; i < blocks->n; i++) {
		struct freeblock *b = &blocks->list[i];

		if (!area_cut(part, b->from, blocks->size, &cut))
			continue;
		/* A map has an order; one that is said twice, or backwards, is not to be trusted.
		 */
		if (is_free && cut.from == b->from + b->free)
			b->free += cut.len;
		else
			b->other = true;
	}
}

bool freeblocks_are_free(const struct freeblocks *blocks, size_t i)
{
	return blocks->list[i].free == blocks->size && !blocks->list[i].other;
}
