/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/places.h"
#include "base/util.h"
#include "test.h"

TEST(default_places)
{
	static const struct {
		enum input input;
		bool systemd;
		unsigned expected;
	} rows[] = {
		{ INPUT_STREAM, false, PLACE_CONSOLE },
		{ INPUT_STREAM, true, PLACE_CONSOLE },
		{ INPUT_TERMINAL, false, PLACE_CONSOLE | PLACE_PLYMOUTH | PLACE_FIFO },
		{ INPUT_TERMINAL, true, PLACE_CONSOLE },
		{ INPUT_NONE, false, PLACE_CONSOLE | PLACE_PLYMOUTH | PLACE_FIFO },
		{ INPUT_NONE, true, PLACE_SYSTEMD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(places_default(rows[i].input, rows[i].systemd), rows[i].expected);
}

TEST(list_of_places)
{
	static const char *const wrong[] = {
		"", ",", "console,", ",console", "tty", "consol", "console, fifo", "console;fifo",
	};
	unsigned places = 77;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_ROW(places_parse(wrong[i], &places) == -EINVAL && places == 77, wrong[i]);
	CHECK(places_parse("console", &places) == 0);
	CHECK_INT(places, PLACE_CONSOLE);
	CHECK(places_parse("fifo,systemd,plymouth,console", &places) == 0);
	CHECK_INT(places, PLACE_CONSOLE | PLACE_SYSTEMD | PLACE_PLYMOUTH | PLACE_FIFO);
}

TEST_MAIN(default_places, list_of_places)
