/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm-integrity's superblock, from whose layout all tags are read; and the sums of a record. */
#include "fuzz.h"

#include "facts/tags.h"

#define PIECES 3000 /* that are looked at */

/* Pieces ascend, lie one after the other in a unit, and are all there is. */
static void walk(const unsigned char superblock[static 64], uint64_t offset)
{
	struct tags_walk walk;
	struct tags_piece piece;
	uint64_t end = offset, bytes = 0;
	unsigned n = 0;

	if (!tags_begin(superblock, offset, &walk))
		return;
	MUST(walk.layout.areas > 0 && walk.layout.areas <= TAGS_RUNS_MAX);
	for (; n < PIECES && tags_next(&walk, &piece); n++) {
		MUST(piece.len > 0 && piece.len <= TAGS_PIECE && piece.len % 512 == 0);
		MUST(piece.offset >= end && piece.unit <= walk.layout.areas);
		end = piece.offset + piece.len;
		bytes += piece.len;
	}
	MUST(n == PIECES || bytes == tags_size(&walk.layout));
	MUST(end <= walk.layout.end * 512);
}

/* One way to write them, and no difference is outside of the disk. */
static void sums(const char *text, uint64_t runs)
{
	struct tags tags = { .state = TAGS_TAKEN }, none;
	struct tags_difference d;
	char again[TAGS_SUMS_TEXT];
	unsigned char bytes[TAGS_BYTES], hash[32] = { 1, 2, 3, 4 };

	if (!tags_sums_read(text, &tags))
		return;
	MUST(tags.digits <= TAGS_DIGITS);
	tags_sums_write(&tags, again);
	MUST(strcasecmp(text, again) == 0);
	tags_bytes(&tags, bytes);
	tags_sums_begin(runs, &none);
	tags_compare(&tags, &none, runs, &d);
	MUST(!d.known || (d.from <= d.to && d.to < runs));
	none = tags;
	tags_sums_add(&none, runs, hash);
	tags_compare(&tags, &none, runs, &d);
	MUST(tags.digits == 0 || d.at_least == 1);
	MUST(!d.known || d.at_least == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned char superblock[64] = "integrt";
	uint64_t offset = fuzz_number(&in), runs = 1 + fuzz_number(&in) % TAGS_RUNS_MAX;
	char *text;

	for (size_t i = fuzz_bool(&in) ? 0 : 8; i < sizeof(superblock); i++)
		superblock[i] = fuzz_byte(&in);
	walk(superblock, offset);
	text = fuzz_string(in.at, in.left);
	sums(text, runs);
	free(text);
	return 0;
}
