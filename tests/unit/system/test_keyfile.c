/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/keyfile.h"

#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

static char folder[] = "/tmp/test_keyfile.XXXXXX", path[64];

static void file(const char *content, off_t size)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write_all(fd, content, strlen(content)) == 0);
	CHECK(size == 0 || ftruncate(fd, size) == 0);
}

static void check(const char *name, uint64_t offset, uint64_t size, const char *why)
{
	struct keyfile f = { .fd = -1 };

	CHECK_STR(keyfile_open(name, offset, size, &f), why);
	CHECK((f.fd < 0) == (why != NULL));
	if (f.fd >= 0)
		close(f.fd);
}

TEST(what_is_a_key_file)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/key", folder);
	file("key", 0);
	check(path, 0, 0, NULL);
	check(path, 2, 0, NULL);
	check(path, 3, 0, "it ends before the place that keyfile-offset= names");
	check(path, 4, 0, "it ends before the place that keyfile-offset= names");
	check(path, 1, 2, NULL);
	check(path, 2, 2, "it ends before the bytes that keyfile-size= asks for");
	check(path, UINT64_MAX, UINT64_MAX, "it ends before the place that keyfile-offset= names");
	check(path, 1, UINT64_MAX, "it ends before the bytes that keyfile-size= asks for");
	file("", 0);
	check(path, 0, 0, "it is empty");
	check("/proc/self/mounts", 0, 0, "it is empty"); /* so is /proc/kmsg, which never ends */
	file("", KEYFILE_MAX);
	check(path, 0, 0, NULL);
	file("", (off_t)KEYFILE_MAX + 1);
	check(path, 0, 0, "it has more than 8 MiB: name a part with keyfile-size=");
	check(path, 1, 0, NULL);
	check(path, 0, 16, NULL);
	file("", (off_t)KEYFILE_MAX + 2);
	check(path, 1, KEYFILE_MAX, NULL);
	check(path, 0, KEYFILE_MAX + 1, "it has more than 8 MiB: name a part with keyfile-size=");
	check(folder, 0, 0, "it is a folder");
	check("/dev/null", 0, 0, "it is not a regular file");
	check("/dev/zero", 0, 16, "it is not a regular file");
	unlink(path);
	check(path, 0, 0, "No such file or directory");
	CHECK(mkfifo(path, 0600) == 0);
	check(path, 0, 0, "it is not a regular file");
	unlink(path);
}

/* Another file with the same name does not take its place. */
TEST(what_is_judged_is_read)
{
	struct keyfile f = { .fd = -1 };
	cleanup_free char *text = NULL;

	file("first", 0);
	CHECK(!keyfile_open(path, 0, 0, &f));
	CHECK(unlink(path) == 0);
	file("second", 0);
	CHECK(read_file(f.path, 100, &text, NULL) == 0);
	CHECK_STR(text, "first");
	close(f.fd);
	unlink(path);
	rmdir(folder);
}

/* Only what is in memory. */
TEST(erased)
{
	static const char memory[] = "/dev/shm/test_keyfile";
	cleanup_close int fd = open(memory, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char content[4] = "";

	CHECK(fd >= 0 && write_all(fd, "key", 3) == 0);
	CHECK_STR(keyfile_erase(memory), NULL);
	CHECK(pread(fd, content, 4, 0) == 3 && memcmp(content, "\0\0\0", 3) == 0);
	CHECK(access(memory, F_OK) < 0);
	CHECK_STR(keyfile_erase(memory), NULL);
	CHECK_STR(keyfile_erase("/proc/self/comm"), "it is not in the memory of the image");
	CHECK_STR(keyfile_erase("/dev/null"), "it is not a regular file");
	CHECK(symlink("/etc/hostname", memory) == 0);
	CHECK_STR(keyfile_erase(memory), strerror(ELOOP));
	unlink(memory);
}

TEST_MAIN(what_is_a_key_file, what_is_judged_is_read, erased)
