/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lockfile.h"
#include "base/util.h"
#include "test.h"

#include <signal.h>
#include <sys/wait.h>

static char top[32], below[48], path[64];

static void set_up(void)
{
	str_copy(top, sizeof(top), "/tmp/intact-lock-XXXXXX");
	CHECK(mkdtemp(top) != NULL);
	(void)snprintf(below, sizeof(below), "%s/below", top);
	(void)snprintf(path, sizeof(path), "%s/lock", below);
}

static void tear_down(void)
{
	unlink(path);
	rmdir(below);
	rmdir(top);
}

TEST(one_at_a_time)
{
	pid_t owner = 0;
	int fd;

	set_up();
	CHECK(!lockfile_is_taken(path));
	CHECK(access(path, F_OK) < 0);
	fd = lockfile_take(path, &owner);
	CHECK(fd >= 0);
	CHECK(lockfile_is_taken(path));
	CHECK_INT(lockfile_take(path, &owner), -EBUSY);
	CHECK_INT(owner, getpid());
	close(fd);
	CHECK(!lockfile_is_taken(path));
	tear_down();
}

/* It belongs to a child, too. */
TEST(outlives_a_parent)
{
	int ends[2], fd, status;
	pid_t owner = 0, child;
	char c = 0;

	set_up();
	CHECK(pipe(ends) == 0);
	fd = lockfile_take(path, &owner);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) < 0);
	}
	close(fd);
	CHECK(lockfile_is_taken(path));
	close(ends[1]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(!lockfile_is_taken(path));
	close(ends[0]);
	tear_down();
}

/* While another process looks all the time. */
TEST(looking_disturbs_nobody)
{
	pid_t owner = 0, child;
	unsigned refused = 0;

	set_up();
	child = fork();
	if (child == 0)
		for (;;)
			(void)lockfile_is_taken(path);
	for (int i = 0; i < 500; i++) {
		int fd = lockfile_take(path, &owner);

		refused += fd < 0;
		if (fd >= 0)
			close(fd);
	}
	CHECK_INT(refused, 0);
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	tear_down();
}

TEST_MAIN(one_at_a_time, outlives_a_parent, looking_disturbs_nobody)
