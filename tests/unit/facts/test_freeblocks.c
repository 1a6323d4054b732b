/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks are free for certain. */
#include "facts/freeblocks.h"

#include "base/util.h"
#include "test.h"

#define SIZE 4096

static void add(struct areas *areas, uint64_t from, uint64_t len)
{
	areas_add(areas, &(struct area){ .from = from, .len = len });
}

/* "FROM FROM … / FROM …": the batches, in blocks. */
static const char *batches(const struct areas *areas)
{
	static char text[2048];
	struct freeblocks_place place = { 0 };
	struct freeblocks blocks;

	text[0] = '\0';
	while (freeblocks_next(areas, SIZE, &place, &blocks)) {
		str_append(text, sizeof(text), "%s", text[0] ? "/ " : "");
		for (size_t i = 0; i < blocks.n; i++)
			str_append(text, sizeof(text), "%llu%s ",
				   (unsigned long long)blocks.list[i].from / SIZE,
				   blocks.list[i].from % SIZE ? "?" : "");
	}
	return text;
}

TEST(whole_blocks_only)
{
	struct areas areas = { 0 };

	CHECK_STR(batches(&areas), "");
	add(&areas, 0, SIZE);
	add(&areas, 2 * SIZE - 512, 512);	     /* ends where a block begins */
	add(&areas, 5 * SIZE - 512, 3 * SIZE);	     /* parts of two blocks, and two whole ones */
	add(&areas, 9 * SIZE + 512, 2 * SIZE - 513); /* one byte less than a block behind a part */
	add(&areas, 12 * SIZE, SIZE - 1);
	CHECK_STR(batches(&areas), "0 5 6 ");
	areas_free(&areas);
}

TEST(batches_end_and_go_on)
{
	struct areas areas = { 0 };
	struct freeblocks_place place = { 0 };
	struct freeblocks blocks;
	size_t n = 0;

	add(&areas, 0, 100 * SIZE);
	add(&areas, 200 * SIZE, 30 * SIZE);
	for (unsigned batch = 0; freeblocks_next(&areas, SIZE, &place, &blocks); batch++) {
		CHECK_INT(blocks.n, batch < 2 ? 64 : 2);
		for (size_t i = 0; i < blocks.n; i++, n++)
			CHECK_INT(blocks.list[i].from / SIZE, n < 100 ? n : n + 100);
	}
	CHECK_INT(n, 130);
	areas_free(&areas);
}

TEST(free_for_certain)
{
	static const struct {
		const char *what;
		struct {
			uint64_t from, len;
			bool other;
		} said[3];
		bool is_free;
	} rows[] = {
		{ "nothing is said", { { 0 } }, false },
		{ "a larger range", { { 0, 9 * SIZE, false } }, true },
		{ "exactly it", { { SIZE, SIZE, false } }, true },
		{ "two halves", { { 0, SIZE + 512, false }, { SIZE + 512, SIZE, false } }, true },
		{ "all but the first bytes", { { SIZE + 1, SIZE, false } }, false },
		{ "all but the last bytes", { { 0, 2 * SIZE - 1, false } }, false },
		{ "neighbours", { { 0, SIZE, false }, { 2 * SIZE, SIZE, false } }, false },
		{ "in use", { { 0, 9 * SIZE, true } }, false },
		{ "free, and in use", { { 0, 9 * SIZE, false }, { SIZE, SIZE, true } }, false },
		{ "free, and a byte in use",
		  { { 0, 9 * SIZE, false }, { 2 * SIZE - 1, 1, true } },
		  false },
		{ "free, and its neighbours in use",
		  { { SIZE, SIZE, false }, { 0, SIZE, true }, { 2 * SIZE, SIZE, true } },
		  true },
		/* A map that contradicts itself is none to write by. */
		{ "half of it twice",
		  { { SIZE, SIZE / 2, false }, { SIZE, SIZE / 2, false } },
		  false },
		{ "its halves in the wrong order",
		  { { SIZE + SIZE / 2, SIZE / 2, false }, { SIZE, SIZE / 2, false } },
		  false },
		{ "free twice", { { 0, 9 * SIZE, false }, { SIZE, SIZE, false } }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct freeblocks blocks = { .size = SIZE, .n = 1 };

		blocks.list[0].from = SIZE;
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].said) && rows[i].said[j].len; j++)
			freeblocks_see(&blocks,
				       &(struct area){ .from = rows[i].said[j].from,
						       .len = rows[i].said[j].len },
				       !rows[i].said[j].other);
		CHECK_ROW(freeblocks_are_free(&blocks, 0) == rows[i].is_free, rows[i].what);
	}
}

TEST_MAIN(whole_blocks_only, batches_end_and_go_on, free_for_certain)
