/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of an unfinished format. */
#include "base/util.h"
#include "facts/unfinished.h"
#include "test.h"

static const struct unfinished record = { .next = 37,
					  .areas = 100,
					  .superblock = "integrt",
					  .volume = "digest",
					  .begun = 1795651200,
					  .written = 1795651300,
					  .rate = 2200000000 };

TEST(what_is_written_is_read)
{
	unsigned char bytes[UNFINISHED_SIZE];
	struct unfinished read;

	unfinished_write(&record, bytes);
	CHECK(memcmp(bytes, "intwipe", 8) == 0);
	CHECK(unfinished_read(bytes, &read));
	CHECK(memcmp(&read, &record, sizeof(read)) == 0);
	CHECK_INT(unfinished_percent(&read), 37);
}

/* A record of before says nothing of the way: its areas were computed. */
TEST(way)
{
	unsigned char bytes[UNFINISHED_SIZE];
	struct unfinished through = record, read;

	unfinished_write(&record, bytes);
	CHECK(bytes[12] == 0);
	through.through = true;
	unfinished_write(&through, bytes);
	CHECK(bytes[12] == 1);
	CHECK(unfinished_read(bytes, &read));
	CHECK(read.through);
	CHECK_INT(read.next, 37);
}

TEST(other_bytes_are_no_record)
{
	static const struct {
		unsigned at;
		unsigned char value;
		const char *what;
	} rows[] = {
		{ 0, 'I', "magic" },
		{ 7, 1, "end of the magic" },
		{ 8, 2, "version of the future" },
		{ 12, 2, "way of the future" },
		{ 15, 1, "another way of the future" },
		{ 24, 36, "more done than there is" },
		{ 23, 1, "far more done than there is" },
	};
	unsigned char bytes[UNFINISHED_SIZE] = { 0 };
	struct unfinished read;

	CHECK(!unfinished_read(bytes, &read));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unfinished_write(&record, bytes);
		bytes[rows[i].at] = rows[i].value;
		CHECK_ROW(!unfinished_read(bytes, &read), rows[i].what);
	}
	unfinished_write(&(struct unfinished){ 0 }, bytes);
	CHECK(!unfinished_read(bytes, &read));
}

TEST(percent_of_any_number)
{
	static const struct {
		uint64_t next, areas;
		unsigned percent;
	} rows[] = {
		{ 0, 1, 0 },
		{ 1, 1, 100 },
		{ 1, 3, 33 },
		{ 99, 100, 99 },
		{ 0, UINT64_MAX, 0 },
		{ UINT64_MAX - 1, UINT64_MAX, 99 },
		{ UINT64_MAX, UINT64_MAX, 100 },
		{ 198, 199, 99 },
		{ 199, 199, 100 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(unfinished_percent(&(struct unfinished){ .next = rows[i].next,
								   .areas = rows[i].areas }),
			  rows[i].percent);
}

TEST_MAIN(what_is_written_is_read, way, other_bytes_are_no_record, percent_of_any_number)
