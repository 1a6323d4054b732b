/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"
#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

TEST(str_copy_and_append)
{
	char buf[8];

	CHECK(str_copy(buf, sizeof(buf), "1234567"));
	CHECK_STR(buf, "1234567");
	CHECK(!str_copy(buf, sizeof(buf), "12345678"));
	CHECK_STR(buf, "1234567");
	CHECK(!str_copy(buf, 1, "x"));
	CHECK_STR(buf, "");

	str_append(buf, sizeof(buf), "%s%d", "ab", 12);
	str_append(buf, sizeof(buf), "cdef");
	CHECK_STR(buf, "ab12cde");
	str_append(buf, sizeof(buf), "more");
	CHECK_STR(buf, "ab12cde");
	memset(buf, 'x', sizeof(buf));
	str_append(buf, sizeof(buf), "y"); /* not terminated: left alone */
	CHECK(buf[7] == 'x');
}

TEST(str_prefix)
{
	CHECK_STR(str_after("rd.luks.uuid", "rd."), "luks.uuid");
	CHECK_STR(str_after("rd.", "rd."), "");
	CHECK(str_after("rd", "rd.") == NULL);
}

TEST(arrays_grow)
{
	int *numbers = NULL;
	size_t n = 0;

	for (int i = 0; i < 1000; i++) {
		int *added = array_add(&numbers, &n, sizeof(*numbers));

		CHECK(*added == 0);
		*added = i;
		if (i % 7 == 6)
			numbers[--n] = -1; /* what is taken away leaves its room */
	}
	for (size_t i = 1; i < n; i++)
		CHECK(numbers[i] > numbers[i - 1]);
	free(numbers);
}

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

TEST(bytes_for_people)
{
	char buf[32];

	CHECK_STR(format_bytes(0, buf), "0 B");
	CHECK_STR(format_bytes(3, buf), "3 B");
	CHECK_STR(format_bytes(1023, buf), "1023 B");
	CHECK_STR(format_bytes(1024, buf), "1 KiB");
	CHECK_STR(format_bytes(314572800, buf), "300 MiB");
	CHECK_STR(format_bytes(1610612736, buf), "1.5 GiB");
	CHECK_STR(format_bytes(UINT64_MAX, buf), "15.9 EiB");
}

TEST(untrusted_text)
{
	char text[] = "a\033[2Jb\n\xc3\xa9\x7f~";

	CHECK_STR(str_printable(text), "a?[2Jb????~");
}

TEST(files)
{
	char path[] = "/tmp/test_util.XXXXXX", line[8];
	char *text = NULL;
	size_t len = 0;
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK(write_all(fd, "first\nsec\0nd", 12) == 0);
	close(fd);
	CHECK(read_file(path, 12, &text, &len) == 0);
	CHECK(len == 12 && text && memcmp(text, "first\nsec\0nd", 13) == 0);
	free(text);
	text = NULL;
	CHECK(read_file(path, 11, &text, &len) == -EFBIG);
	CHECK(text == NULL);
	CHECK(read_line(path, line, sizeof(line)) == 0);
	CHECK_STR(line, "first");
	CHECK(read_line(path, line, 5) == -E2BIG);
	CHECK_STR(line, "first");
	unlink(path);
	CHECK(read_file(path, 11, &text, NULL) == -ENOENT);
	CHECK(read_file("/proc/self/status", 1 << 16, &text, &len) == 0);
	CHECK(len > 0);
	free(text);
}

TEST_MAIN(str_copy_and_append, str_prefix, arrays_grow, numbers, durations, booleans,
	  bytes_for_people, untrusted_text, files)
