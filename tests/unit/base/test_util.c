/* SPDX-License-Identifier: GPL-2.0-or-later */
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
	/* A pipe that nobody writes to would be waited for. */
	CHECK(mkfifo(path, 0600) == 0);
	alarm(60);
	CHECK(read_file(path, 11, &text, NULL) == -EINVAL);
	alarm(0);
	unlink(path);
	CHECK(read_file("/tmp", 11, &text, NULL) == -EISDIR);
	CHECK(read_file("/dev/zero", 11, &text, NULL) == -EINVAL);
	CHECK(read_file("/dev/null", 11, &text, &len) == 0 && len == 0);
	free(text);
	text = NULL;
	CHECK(read_file("/proc/self/status", 1 << 16, &text, &len) == 0);
	CHECK(len > 0);
	free(text);
}

TEST(folders)
{
	char root[] = "/tmp/test_util.XXXXXX";
	cleanup_free char *path = NULL, *inner = NULL;

	CHECK(mkdtemp(root) != NULL);
	inner = xasprintf("%s/a", root);
	path = xasprintf("%s/file", inner);
	CHECK(make_parent_dirs(path, 0755) == 0);
	CHECK(access(inner, F_OK) == 0 && access(path, F_OK) < 0);
	CHECK(make_parent_dirs(path, 0755) == 0);
	CHECK(make_parent_dirs("/dev/null/x/y", 0755) == -ENOTDIR);
	rmdir(inner);
	rmdir(root);
}

TEST_MAIN(str_copy_and_append, str_prefix, arrays_grow, bytes_for_people, files, folders)
