/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"
#include "base/secret.h"
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

	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, echo, &one) == 0);
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
	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, echo, &one) == 0);
	CHECK_INT(asked(&c, -1), -1);
	CHECK_INT(child_reap(&c), SIGABRT);
	/* A message that is too short ends its loop. */
	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, echo, &one) == 0);
	CHECK(child_send(c.fd, &part, 1) == 0);
	CHECK(!child_receive(c.fd, &part, 1));
	CHECK_INT(child_reap(&c), 0);
}

TEST(signals_do_not_reach_it)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct child c = CHILD_NONE;
	int one = 1;

	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, echo, &one) == 0);
	CHECK_INT(asked(&c, 1), 2);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		kill(c.pid, signals[i]);
	CHECK_INT(asked(&c, 2), 3);
	child_reap(&c);
}

struct kept {
	int files;
	bool secret;
};

static void what_it_keeps(void *arg, int fd)
{
	struct kept kept = { .secret = secret_find(*(const struct secret_handle *)arg) != NULL };

	for (int i = 0; i < 64; i++)
		kept.files += i != fd && fcntl(i, F_GETFD) >= 0;
	(void)child_send(fd, &kept, sizeof(kept));
}

/* Also when the parent's files are on both sides of the child's socket. */
TEST(keeps_what_it_needs)
{
	struct secret *s = secret_new();
	struct secret_handle handle = secret_handle(s);
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int high = fcntl(before, F_DUPFD_CLOEXEC, 40), now = 0;

	for (int i = 0; i < 64; i++)
		now += fcntl(i, F_GETFD) >= 0;
	for (enum child_keeps keeps = CHILD_KEEPS_NOTHING; keeps <= CHILD_KEEPS_FILES; keeps++) {
		struct child c = CHILD_NONE;
		struct kept kept = { .files = -1 };

		CHECK(child_start(&c, keeps, what_it_keeps, &handle) == 0);
		CHECK(child_receive(c.fd, &kept, sizeof(kept)));
		CHECK_INT(kept.files, keeps == CHILD_KEEPS_FILES ? now : 3);
		CHECK_INT(kept.secret, keeps != CHILD_KEEPS_NOTHING);
		child_reap(&c);
	}
	close(before);
	close(high);
	secret_free(s);
}

static void write_files(void)
{
	int n = 0;

	for (int i = 0; i < 64; i++)
		n += fcntl(i, F_GETFD) >= 0;
	(void)!write(STDIN_FILENO, &n, sizeof(n));
}

TEST(background_keeps_nothing)
{
	int fds[2], in = dup(STDIN_FILENO), n = 0;

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	CHECK(dup2(fds[1], STDIN_FILENO) == STDIN_FILENO);
	child_background(write_files);
	dup2(in, STDIN_FILENO);
	CHECK(read(fds[0], &n, sizeof(n)) == sizeof(n));
	CHECK_INT(n, 3);
	close(in);
	close(fds[0]);
	close(fds[1]);
}

static void waits(void *arg, int fd)
{
	(void)arg, (void)fd;
	pause();
}

/* What the parent sends to a child that does not read must not hold the parent. */
TEST(a_child_that_does_not_read)
{
	static const char message[4096] = "x";
	struct child c = CHILD_NONE;
	int r = 0;

	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, waits, NULL) == 0);
	for (int i = 0; i < 10000 && r == 0; i++)
		r = child_send(c.fd, message, sizeof(message));
	CHECK_INT(r, -EAGAIN);
	CHECK_INT(child_reap(&c), SIGKILL);
}

TEST(waits_have_a_limit)
{
	struct child c = CHILD_NONE;
	uint64_t before = now_ms();
	pid_t pid;
	int status = 0;

	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, waits, NULL) == 0);
	pid = c.pid;
	CHECK(!child_wait(pid, 200, &status));
	CHECK(now_ms() >= before + 200 && now_ms() < before + 5000);
	kill(pid, SIGKILL);
	CHECK(child_wait(pid, 5000, &status));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* There is no such child any more. */
	CHECK(!child_wait(pid, 60000, &status));
	CHECK(now_ms() < before + 50000);
	CHECK_INT(child_reap_within(&c, 0), 0);
}

/* It is not waited for at once, and not left as a zombie for ever. */
TEST(reaped_in_passing)
{
	struct child c = CHILD_NONE, next = CHILD_NONE;
	siginfo_t info;
	pid_t pid;

	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, waits, NULL) == 0);
	pid = c.pid;
	child_reap_within(&c, 0);
	CHECK(c.pid == 0 && c.fd == -1);
	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	CHECK(child_start(&next, CHILD_KEEPS_NOTHING, waits, NULL) == 0);
	CHECK(kill(pid, 0) < 0 && errno == ESRCH);
	child_reap(&next);
}

/* Starts a child of its own and reports its number. */
static void nested(void *arg, int fd)
{
	struct child c = CHILD_NONE;
	int one = 1;

	(void)arg;
	if (child_start(&c, CHILD_KEEPS_NOTHING, echo, &one) == 0)
		(void)child_send(fd, &c.pid, sizeof(c.pid));
	pause();
}

TEST(a_child_of_a_child)
{
	struct child c = CHILD_NONE;
	pid_t inner = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* to see the end of the inner one */
	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, nested, NULL) == 0);
	CHECK(child_receive(c.fd, &inner, sizeof(inner)));
	child_kill(&c);
	/* Its socket is closed with its end, and the inner one ends, too. */
	CHECK(!child_receive(c.fd, &inner, sizeof(inner)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(waitpid(inner, NULL, 0) == inner);
}

TEST_MAIN(messages, how_it_ended, signals_do_not_reach_it, keeps_what_it_needs,
	  background_keeps_nothing, a_child_that_does_not_read, waits_have_a_limit,
	  reaped_in_passing, a_child_of_a_child)
