/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places on devices, and where they are on the volume below. */
#include "facts/areas.h"

#include "base/util.h"
#include "test.h"

/* "FROM+LEN@VOLUME …" */
static const char *shown(const struct areas *a)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < a->n; i++)
		str_append(text, sizeof(text), "%s%llu+%llu@%llu", i ? " " : "",
			   (unsigned long long)a->list[i].from, (unsigned long long)a->list[i].len,
			   (unsigned long long)a->list[i].volume);
	return text;
}

static struct areas made(const uint64_t (*list)[3], size_t n)
{
	struct areas a = { 0 };

	for (size_t i = 0; i < n; i++)
		areas_add(&a, &(struct area){ .from = list[i][0],
					      .len = list[i][1],
					      .volume = list[i][2] });
	areas_sort(&a);
	return a;
}

static const uint64_t three[][3] = { { 300, 50, 1300 }, { 100, 50, 1100 }, { 200, 50, 1200 } };

TEST(sorted_and_found)
{
	static const struct {
		uint64_t from;
		size_t at;
	} rows[] = { { 0, 0 },	 { 100, 0 }, { 149, 0 }, { 150, 1 },	   { 249, 1 },
		     { 250, 2 }, { 349, 2 }, { 350, 3 }, { UINT64_MAX, 3 } };
	struct areas a = made(three, 3), none = { 0 };

	CHECK_STR(shown(&a), "100+50@1100 200+50@1200 300+50@1300");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(areas_find(&a, rows[i].from), rows[i].at);
	CHECK_INT(areas_find(&none, 0), 0);
	areas_free(&a);
}

TEST(cut)
{
	static const struct {
		uint64_t from, len;
		const char *part; /* NULL: none */
	} rows[] = {
		{ 100, 50, "100+50@1100" }, { 0, 1000, "100+50@1100" },
		{ 110, 10, "110+10@1110" }, { 90, 20, "100+10@1100" },
		{ 140, 20, "140+10@1140" }, { 0, UINT64_MAX, "100+50@1100" },
		{ 0, 100, NULL },	    { 150, 10, NULL },
		{ 100, 0, NULL },	    { UINT64_MAX, UINT64_MAX, NULL },
	};
	const struct area a = { .from = 100, .len = 50, .volume = 1100 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct area part;
		bool any = area_cut(&a, rows[i].from, rows[i].len, &part);
		struct areas one = { .list = &part, .n = 1 };

		CHECK_INT(any, rows[i].part != NULL);
		if (any && rows[i].part)
			CHECK_STR(shown(&one), rows[i].part);
	}
}

/* A logical volume of two pieces: its first 100 bytes are at 240, the next 100 at 80. */
TEST(through_a_mapping)
{
	struct areas a = made(three, 3), above = { 0 };

	areas_map(&a, 240, 0, 100, &above);
	areas_map(&a, 80, 100, 100, &above);
	areas_sort(&above);
	CHECK_STR(shown(&above), "0+10@1240 60+40@1300 120+50@1100");
	areas_free(&above);
	areas_map(&a, 400, 0, 100, &above);
	CHECK_INT(above.n, 0);
	areas_free(&a);
}

TEST(what_is_left)
{
	static const struct {
		uint64_t taken[4][3];
		size_t n;
		const char *left;
	} rows[] = {
		{ { { 0 } }, 0, "100+50@1100 200+50@1200 300+50@1300" },
		{ { { 0, 1000 } }, 1, "" },
		{ { { 100, 50 }, { 200, 50 }, { 300, 50 } }, 3, "" },
		{ { { 110, 10 }, { 130, 10 } },
		  2,
		  "100+10@1100 120+10@1120 140+10@1140 200+50@1200 300+50@1300" },
		/* Over the end of one into the next; and two that overlap. */
		{ { { 140, 70 }, { 205, 15 }, { 206, 4 } },
		  3,
		  "100+40@1100 220+30@1220 300+50@1300" },
		{ { { 0, 100 }, { 150, 50 }, { 350, 50 } },
		  3,
		  "100+50@1100 200+50@1200 300+50@1300" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct areas a = made(three, 3), taken = made(rows[i].taken, rows[i].n);
		struct areas left = { 0 };

		areas_subtract(&a, &taken, &left);
		CHECK_STR(shown(&left), rows[i].left);
		areas_free(&a);
		areas_free(&taken);
		areas_free(&left);
	}
}

TEST_MAIN(sorted_and_found, cut, through_a_mapping, what_is_left)
