/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"
#include "base/util.h"
#include "test.h"

TEST(numbers)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t value;
	} rows[] = {
		{ "0", 10, 0, 0 },
		{ "10", 10, 0, 10 },
		{ "007", 10, 0, 7 },
		{ "11", 10, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "99999999999999999999999", UINT64_MAX, -ERANGE, 0 },
		{ "99999999999999999999999x", UINT64_MAX, -EINVAL, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "+1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
		{ "1 ", 10, -EINVAL, 0 },
		{ "0x1", 10, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value = 4711;

		CHECK_ROW(parse_u64(rows[i].text, rows[i].max, &value) == rows[i].r, rows[i].text);
		CHECK_ROW(value == (rows[i].r ? 4711 : rows[i].value), rows[i].text);
	}
}

TEST(durations)
{
	static const struct {
		const char *text;
		int r;
		uint64_t ms;
	} rows[] = {
		{ "0", 0, 0 },
		{ "90", 0, 90000 },
		{ "90s", 0, 90000 },
		{ "90 s", 0, 90000 },
		{ "2m", 0, 120000 },
		{ "1min 30s", 0, 90000 },
		{ "1min30s", 0, 90000 },
		{ "1h 1min 1s 1ms", 0, 3661001 },
		{ "500ms", 0, 500 },
		{ "1500us", 0, 1 },
		{ "1.5", 0, 1500 },
		{ "0.25min", 0, 15000 },
		{ "2d", 0, 172800000 },
		{ "1week", 0, 604800000 },
		{ " 5 ", 0, 5000 },
		{ "infinity", 0, UINT64_MAX },
		{ "", -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-5", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "5.", -EINVAL, 0 },
		{ ".5", -EINVAL, 0 },
		{ "5 infinity", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "9999999999999999999999999999999", -ERANGE, 0 },
		{ "30000000000000w", -ERANGE, 0 },
		{ "18446744073709s 18446744073709s", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t ms = 4711;

		CHECK_ROW(parse_seconds(rows[i].text, &ms) == rows[i].r, rows[i].text);
		CHECK_ROW(ms == (rows[i].r ? 4711 : rows[i].ms), rows[i].text);
	}
}

TEST(booleans)
{
	bool value = false;

	CHECK(parse_bool("yes", &value) == 0 && value);
	CHECK(parse_bool("OFF", &value) == 0 && !value);
	CHECK(parse_bool("1", &value) == 0 && value);
	CHECK(parse_bool("f", &value) == 0 && !value);
	CHECK(parse_bool("2", &value) == -EINVAL);
	CHECK(parse_bool("", &value) == -EINVAL);
	CHECK(parse_bool("nope", &value) == -EINVAL);
}

TEST(hex_digits)
{
	CHECK_INT(hex_value('0'), 0);
	CHECK_INT(hex_value('9'), 9);
	CHECK_INT(hex_value('a'), 10);
	CHECK_INT(hex_value('F'), 15);
	CHECK_INT(hex_value('g'), -1);
	CHECK_INT(hex_value('\0'), -1);
	CHECK_INT(hex_value('/'), -1);
	CHECK_INT(hex_value(':'), -1);
}

TEST_MAIN(numbers, durations, booleans, hex_digits)
