/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * areas: places on a block device, and where each of them is on the volume that was scrubbed. They
 * are followed through the mappings between that volume and a file system; pure.
 */
#ifndef INTACT_FACTS_AREAS_H
#define INTACT_FACTS_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All in bytes; no sum of two wraps, since they are parts of a disk. */
struct area {
	uint64_t from, len; /* on a device */
	uint64_t volume;    /* where from is on the volume */
	uint64_t inode;	    /* the file system says that it belongs to this one; 0: not known */
};

/* In the order of from, once they are sorted. */
struct areas {
	struct area *list;
	size_t n;
};

void areas_add(struct areas *areas, const struct area *area);
void areas_sort(struct areas *areas);
void areas_free(struct areas *areas);

/* The number of the first of the sorted areas that ends after from; n: there is none. */
size_t areas_find(const struct areas *areas, uint64_t from);
/* The part of the area in the len bytes from from on; false: it has none there. */
bool area_cut(const struct area *area, uint64_t from, uint64_t len, struct area *ret);

/* Adds the parts of the sorted areas in the len bytes from below on, as they are on a device on
 * which those bytes begin at above. */
void areas_map(const struct areas *areas, uint64_t below, uint64_t above, uint64_t len,
	       struct areas *ret);
/* Adds the parts of areas that are in none of taken. Both are sorted; taken may overlap. */
void areas_subtract(const struct areas *areas, const struct areas *taken, struct areas *ret);

#endif
