/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freeblocks: which of some blocks of a device are free for certain, by all that a file system says
 * of them; pure. A block is free when what is said to be free covers it once, whole, and nothing
 * else is said of any part of it.
 */
#ifndef INTACT_FACTS_FREEBLOCKS_H
#define INTACT_FACTS_FREEBLOCKS_H

#include "facts/areas.h"

#define FREEBLOCKS_MAX 64

struct freeblock {
	uint64_t from; /* bytes, on the device */
	uint64_t free; /* bytes from its start that are said to be free */
	bool other;    /* something else was said of it, too */
	bool written;
	int error; /* of the write; 0: none, or it was not written */
};

struct freeblocks {
	unsigned size; /* bytes of each */
	size_t n;
	struct freeblock list[FREEBLOCKS_MAX];
};

/* Where freeblocks_next() is; all zero at the start. */
struct freeblocks_place {
	size_t area;
	uint64_t at; /* bytes of that area */
};

/* The next blocks of this size that the sorted areas have whole; parts of blocks are left out.
 * False: there is none any more. */
bool freeblocks_next(const struct areas *areas, unsigned size, struct freeblocks_place *place,
		     struct freeblocks *ret);
/* The file system says of this part of the device that it is free, or something else; in the order
 * of the device. */
void freeblocks_see(struct freeblocks *blocks, const struct area *part, bool is_free);
bool freeblocks_are_free(const struct freeblocks *blocks, size_t i);

#endif
