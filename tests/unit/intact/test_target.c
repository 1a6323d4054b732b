/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image in a folder of somebody else, who exchanges the file while it is looked at: the test's
 * own stat() stands in the place of libc's. Linked as the programs are.
 */
#include "base/util.h"
#include "intact/target.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define IMAGE "image"
#define OTHER "other"
#define LINK "link"

static bool exchanges;

int stat(const char *path, struct stat *ret)
{
	int r = fstatat(AT_FDCWD, path, ret, 0);

	if (exchanges && str_eq(path, IMAGE))
		CHECK(rename(LINK, IMAGE) == 0);
	return r;
}

static void make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && ftruncate(fd, 64 << 20) == 0);
	close(fd);
}

TEST(exchanged_image)
{
	char folder[] = "/tmp/intact-test-XXXXXX";
	struct tell tell = { .json = false };
	struct target target = TARGET_NONE;

	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	make(IMAGE);
	make(OTHER);
	CHECK_INT(target_open(&target, IMAGE, true, &tell), EXIT_CODE_OK);
	target_close(&target);
	CHECK(symlink(OTHER, LINK) == 0);
	exchanges = true;
	CHECK_INT(target_open(&target, IMAGE, true, &tell), EXIT_CODE_DEVICE);
	unlink(IMAGE);
	unlink(OTHER);
	CHECK(chdir("/") == 0);
	rmdir(folder);
}

TEST_MAIN(exchanged_image)
