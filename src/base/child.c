/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include "base/secret.h"
#include "base/util.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* Children that were killed and had not ended yet. They are waited for later, in passing. */
#define LEFT_MAX 128

/* In a child: its socket to the parent. The children of a child have no use for it, and must not
 * keep it open. */
static int to_parent = -1;

static pid_t left[LEFT_MAX];
static size_t n_left;

bool child_dies_with(pid_t parent)
{
	/* The parent may have ended before the first call took effect. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

/* --- the end of a child ----------------------------------------------------------------------- */

/* waitpid() that does not wait: 1, 0, or a negative errno. */
static int look(pid_t pid, int *ret_status)
{
	pid_t r;

	do
		r = waitpid(pid, ret_status, WNOHANG);
	while (r < 0 && errno == EINTR);
	return r < 0 ? neg_errno() : r == pid;
}

int child_wait(pid_t pid, unsigned ms, int *ret_status)
{
	uint64_t until = now_ms() + ms, now;
	sigset_t ends, before;
	int r;

	/* A blocked SIGCHLD stays pending, so none is lost between the look and the wait. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ends, &before);
	while ((r = look(pid, ret_status)) == 0 && (now = now_ms()) < until) {
		const struct timespec rest = { .tv_sec = (time_t)((until - now) / 1000),
					       .tv_nsec = (long)((until - now) % 1000) * 1000000 };

		(void)sigtimedwait(&ends, NULL, &rest);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r > 0;
}

/* Waits for those that have ended since. */
static void sweep(void)
{
	int status;

	for (size_t i = n_left; i-- > 0;)
		if (look(left[i], &status) != 0)
			left[i] = left[--n_left];
}

/* One that does not fit stays as a zombie until this process ends. */
static void leave(pid_t pid)
{
	if (n_left < LEFT_MAX)
		left[n_left++] = pid;
}

void child_leave(struct child *c)
{
	if (c->pid > 0)
		leave(c->pid);
	if (c->fd >= 0)
		close(c->fd);
	*c = CHILD_NONE;
}

void child_kill(const struct child *c)
{
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}

int child_reap_within(struct child *c, unsigned ms)
{
	int status = 0;

	if (c->pid <= 0)
		return 0;
	child_kill(c);
	if (!child_wait(c->pid, ms, &status))
		leave(c->pid);
	if (c->fd >= 0)
		close(c->fd);
	*c = CHILD_NONE;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int child_reap(struct child *c)
{
	return child_reap_within(c, CHILD_END_MS);
}

/* --- its beginning ---------------------------------------------------------------------------- */

/* Signals are for the first process, which takes them through a signalfd. Those that a terminal or
 * systemd sends to a whole group (SIGINT, SIGHUP, SIGTERM) must not end a child: the first process
 * reports what happened, and the child ends with it. */
static void ignore_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

static void close_range_of(unsigned first, unsigned last)
{
	struct rlimit limit = { .rlim_cur = 1024 };

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Linux before 5.9. */
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
		close((int)fd);
}

/* Closes all files but the standard streams and fd; -1: no other. */
static void close_files(int fd)
{
	if (fd > 3)
		close_range_of(3, (unsigned)fd - 1);
	close_range_of(fd >= 3 ? (unsigned)fd + 1 : 3, ~0U);
}

/* fork(); the child, whose socket is fd or -1, has begun as every child does. */
static pid_t start(enum child_keeps keeps, int fd)
{
	pid_t parent = getpid(), pid;

	sweep();
	pid = fork();
	if (pid != 0)
		return pid;
	if (!child_dies_with(parent))
		_exit(0);
	ignore_signals();
	n_left = 0;
	if (keeps < CHILD_KEEPS_FILES)
		close_files(fd);
	else if (to_parent >= 0)
		close(to_parent);
	if (keeps < CHILD_KEEPS_SECRETS)
		secret_forget();
	to_parent = fd;
	return 0;
}

int child_start(struct child *ret, enum child_keeps keeps, void (*work)(void *arg, int fd),
		void *arg)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return neg_errno();
	pid = start(keeps, fds[1]);
	if (pid < 0) {
		int r = neg_errno();

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (pid == 0) {
		if (keeps == CHILD_KEEPS_FILES)
			close(fds[0]);
		work(arg, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	*ret = (struct child){ .pid = pid, .fd = fds[0] };
	return 0;
}

void child_background(void (*work)(void))
{
	pid_t pid = start(CHILD_KEEPS_NOTHING, -1);

	if (pid == 0) {
		work();
		_exit(0);
	}
	if (pid > 0)
		leave(pid);
}

/* --- messages --------------------------------------------------------------------------------- */

int child_send(int fd, const void *message, size_t size)
{
	ssize_t n = send(fd, message, size, MSG_NOSIGNAL | (fd == to_parent ? 0 : MSG_DONTWAIT));

	if (n < 0)
		return neg_errno();
	return (size_t)n == size ? 0 : -EIO;
}

bool child_receive(int fd, void *ret, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, ret, size, 0);
	while (n < 0 && errno == EINTR);
	return n >= 0 && (size_t)n == size;
}
