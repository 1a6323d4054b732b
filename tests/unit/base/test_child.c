/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"
#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void echo(void *arg, int fd)
{
	int number;

	while (child_receive(fd, &number, sizeof(number))) {
		number += *(const int *)arg;
		if (number == 0)
			abort();
		(void)child_send(fd, &number, sizeof(number));
	}
}

static int asked(const struct child *c, int number)
{
	int answer = -1;

	CHECK(child_send(c->fd, &number, sizeof(number)) == 0);
	return child_receive(c->fd, &answer, sizeof(answer)) ? answer : -1;
}

TEST(messages)
{
	struct child c = CHILD_NONE;
	int one = 1;

	CHECK(child_start(&c, echo, &one) == 0);
	CHECK_INT(asked(&c, 1), 2);
	CHECK_INT(asked(&c, 41), 42);
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(c.pid == 0 && c.fd == -1);
	CHECK_INT(child_reap(&c), 0);
}

TEST(how_it_ended)
{
	struct child c = CHILD_NONE;
	int one = 1;
	char part = 'x';

	signal(SIGABRT, SIG_DFL);
	CHECK(child_start(&c, echo, &one) == 0);
	CHECK_INT(asked(&c, -1), -1);
	CHECK_INT(child_reap(&c), SIGABRT);
	/* A message that is too short ends its loop. */
	CHECK(child_start(&c, echo, &one) == 0);
	CHECK(child_send(c.fd, &part, 1) == 0);
	CHECK(!child_receive(c.fd, &part, 1));
	CHECK_INT(child_reap(&c), 0);
}

TEST(signals_do_not_reach_it)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct child c = CHILD_NONE;
	int one = 1;

	CHECK(child_start(&c, echo, &one) == 0);
	CHECK_INT(asked(&c, 1), 2);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		kill(c.pid, signals[i]);
	CHECK_INT(asked(&c, 2), 3);
	child_reap(&c);
}

static void count_files(void *arg, int fd)
{
	int n = 0;

	(void)arg;
	child_close_files(fd);
	for (int i = 0; i < 64; i++)
		n += fcntl(i, F_GETFD) >= 0;
	(void)child_send(fd, &n, sizeof(n));
}

TEST(only_its_own_files)
{
	struct child c = CHILD_NONE;
	cleanup_close int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int n = 0;

	CHECK(child_start(&c, count_files, NULL) == 0);
	CHECK(child_receive(c.fd, &n, sizeof(n)));
	CHECK_INT(n, 4);
	child_reap(&c);
}

/* Starts a child of its own and reports its number. */
static void nested(void *arg, int fd)
{
	struct child c = CHILD_NONE;
	int one = 1;

	(void)arg;
	if (child_start(&c, echo, &one) == 0)
		(void)child_send(fd, &c.pid, sizeof(c.pid));
	pause();
}

TEST(a_child_of_a_child)
{
	struct child c = CHILD_NONE;
	pid_t inner = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* to see the end of the inner one */
	CHECK(child_start(&c, nested, NULL) == 0);
	CHECK(child_receive(c.fd, &inner, sizeof(inner)));
	child_kill(&c);
	/* Its socket is closed with its end, and the inner one ends, too. */
	CHECK(!child_receive(c.fd, &inner, sizeof(inner)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(waitpid(inner, NULL, 0) == inner);
}

TEST_MAIN(messages, how_it_ended, signals_do_not_reach_it, only_its_own_files, a_child_of_a_child)
