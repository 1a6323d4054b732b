/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include "base/util.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In a child: its socket to the parent. The children of a child have no use for it, and must not
 * keep it open. */
static int to_parent = -1;

bool child_dies_with(pid_t parent)
{
	/* The parent may have ended before the first call took effect. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

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

/* fork(); the child has begun as every child does. */
static pid_t start(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		if (!child_dies_with(parent))
			_exit(0);
		ignore_signals();
	}
	return pid;
}

int child_start(struct child *ret, void (*work)(void *arg, int fd), void *arg)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return neg_errno();
	pid = start();
	if (pid < 0) {
		int r = neg_errno();

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (pid == 0) {
		close(fds[0]);
		if (to_parent >= 0)
			close(to_parent);
		to_parent = fds[1];
		work(arg, to_parent);
		_exit(0);
	}
	close(fds[1]);
	*ret = (struct child){ .pid = pid, .fd = fds[0] };
	return 0;
}

void child_background(void (*work)(void))
{
	if (start() == 0) {
		work();
		_exit(0);
	}
}

void child_close_files(int fd)
{
	if (fd > 3)
		(void)syscall(SYS_close_range, 3, fd - 1, 0);
	(void)syscall(SYS_close_range, fd + 1, ~0U, 0);
}

void child_kill(const struct child *c)
{
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}

int child_reap(struct child *c)
{
	int status = 0;
	pid_t pid;

	if (c->pid <= 0)
		return 0;
	child_kill(c);
	do
		pid = waitpid(c->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (c->fd >= 0)
		close(c->fd);
	*c = CHILD_NONE;
	return pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int child_send(int fd, const void *message, size_t size)
{
	ssize_t n = send(fd, message, size, MSG_NOSIGNAL);

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
