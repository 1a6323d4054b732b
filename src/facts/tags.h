/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags: the digest of a volume's integrity tags, of dm-integrity's superblock and of its journal.
 *
 * Each tag authenticates the content and the place of one sector: so the digest stands for all that
 * is on the volume, and it is made from less than a hundredth of it.
 *
 * The disk is read in units: unit 0 is the superblock with the journal after it, unit n + 1 is the
 * run of tags of area n (facts/layout.h). A unit is cut into pieces. All hashes are SHA-256:
 *
 *   piece   the hash of two hashes: those of its first and of its second half
 *   unit    begins with 32 zeros; for each piece: the hash of the unit so far and of the piece
 *   digest  the same over all units
 *
 * Beside the digest there are 32 sums for each digit of a run's number, written to the base 32: the
 * sum of a digit's value is the exclusive-or of the first four bytes of all runs with that value.
 * The sums say which runs are not what they were: exactly, if it is one.
 */
#ifndef INTACT_FACTS_TAGS_H
#define INTACT_FACTS_TAGS_H

#include "facts/layout.h"

#define TAGS_DIGEST 32
#define TAGS_BASE 32
#define TAGS_DIGITS 5
#define TAGS_PIECE (256 << 10)
#define TAGS_RUNS_MAX (1 << 25) /* 32 to the fifth: 512 TiB */

enum tags_state {
	TAGS_NONE,   /* nobody asked for it */
	TAGS_WANTED, /* it is to be made at the end of the system */
	TAGS_TAKEN,
};

struct tags {
	enum tags_state state;
	/* With TAGS_TAKEN; else all of it is zero. */
	unsigned char digest[TAGS_DIGEST];
	unsigned digits; /* 0: there was no room for the sums */
	uint32_t first;	 /* the sum of unit 0 */
	uint32_t sums[TAGS_DIGITS][TAGS_BASE];
};

/* How a volume's units are read, one piece after the other. */
struct tags_walk {
	struct layout layout;
	uint64_t unit; /* of the next piece; past the last one: layout.areas + 1 */
	uint64_t at;   /* bytes of it that came before */
};

struct tags_piece {
	uint64_t unit;
	uint64_t offset; /* bytes, on the disk */
	size_t len;	 /* a multiple of 512 */
	bool last;	 /* of its unit */
};

/* From the first sector of dm-integrity's superblock, at this offset. False: there is none with
 * the tags among the data, or it has more runs than this program counts. */
bool tags_begin(const unsigned char superblock[static 64], uint64_t offset, struct tags_walk *ret);
/* False: there is no more. */
bool tags_next(struct tags_walk *walk, struct tags_piece *ret);
/* All bytes that are read. */
uint64_t tags_size(const struct layout *layout);

/* Makes *ret ready for the sums of so many runs: TAGS_TAKEN, all else zero. */
void tags_sums_begin(uint64_t runs, struct tags *ret);
/* Adds a unit's hash to the sums. */
void tags_sums_add(struct tags *tags, uint64_t unit, const unsigned char hash[static 32]);

/* What differs between two digests of one volume. */
struct tags_difference {
	bool first;	   /* the superblock or the journal */
	uint64_t at_least; /* so many runs, all of them from area "from" to area "to" */
	uint64_t from, to;
	bool known; /* false: the sums do not say where */
};

void tags_compare(const struct tags *was, const struct tags *is, uint64_t runs,
		  struct tags_difference *ret);

/* The sums in digits, as the record has them: "" when there are none. */
#define TAGS_SUMS_TEXT (8 * (1 + TAGS_DIGITS * TAGS_BASE) + 1)
void tags_sums_write(const struct tags *tags, char ret[static TAGS_SUMS_TEXT]);
/* False: this is nothing that tags_sums_write() writes. */
bool tags_sums_read(const char *text, struct tags *ret);

/* Tags, digest and sums as bytes, for the record's MAC. */
#define TAGS_BYTES (1 + TAGS_DIGEST + 1 + 4 * (1 + TAGS_DIGITS * TAGS_BASE))
void tags_bytes(const struct tags *tags, unsigned char ret[static TAGS_BYTES]);

#endif
