/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include "base/scrub.h"
#include "base/secret.h"
#include "base/texts.h"
#include "base/util.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* Ask a guard to end its child, with or without scrubbing it first. Not SIGTERM, which others send
 * to all processes of a group. */
#define END_SIGNAL SIGUSR2
#define KILL_SIGNAL SIGUSR1
/* For so long a child that is to be scrubbed is waited for until it has stopped, at least. */
#define STOP_MS 100

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
static int look(pid_t pid, int flags, int *ret_status)
{
	pid_t r;

	do
		r = waitpid(pid, ret_status, WNOHANG | flags);
	while (r < 0 && errno == EINTR);
	return r < 0 ? neg_errno() : r == pid;
}

/* With WUNTRACED in flags also for its stop. */
static int wait_for(pid_t pid, unsigned ms, int flags, int *ret_status)
{
	uint64_t until = now_ms() + ms, now;
	sigset_t ends, before;
	int r;

	/* A blocked SIGCHLD stays pending, so none is lost between the look and the wait. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ends, &before);
	while ((r = look(pid, flags, ret_status)) == 0 && (now = now_ms()) < until) {
		const struct timespec rest = { .tv_sec = (time_t)((until - now) / 1000),
					       .tv_nsec = (long)((until - now) % 1000) * 1000000 };

		(void)sigtimedwait(&ends, NULL, &rest);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r > 0;
}

int child_wait(pid_t pid, unsigned ms, int *ret_status)
{
	return wait_for(pid, ms, 0, ret_status);
}

/* Waits for those that have ended since. */
static void sweep(void)
{
	int status;

	for (size_t i = n_left; i-- > 0;)
		if (look(left[i], 0, &status) != 0)
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
	static const int signals[] = { [CHILD_SIMPLE] = SIGKILL,
				       [CHILD_SCRUBBED] = SIGKILL,
				       [CHILD_UNUSED] = KILL_SIGNAL,
				       [CHILD_GUARDED] = END_SIGNAL };

	if (c->pid > 0)
		(void)kill(c->pid, signals[c->kind]);
}

/* Stops a child and scrubs it. True: it had ended before, and *ret_status says how. */
static bool stop_and_scrub(pid_t pid, unsigned ms, int *ret_status)
{
	int status;

	(void)kill(pid, SIGSTOP);
	if (!wait_for(pid, ms, WUNTRACED, &status))
		return false;
	if (WIFSTOPPED(status)) {
		(void)scrub(pid);
		return false;
	}
	*ret_status = status;
	return true;
}

int child_reap_within(struct child *c, unsigned ms)
{
	int status = 0;

	if (c->pid <= 0)
		return 0;
	if (c->kind != CHILD_SCRUBBED ||
	    !stop_and_scrub(c->pid, ms > STOP_MS ? ms : STOP_MS, &status)) {
		child_kill(c);
		if (!child_wait(c->pid, ms, &status))
			leave(c->pid);
	}
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

/* --- a guard ---------------------------------------------------------------------------------- */

struct guarded {
	int keep;
	void (*work)(void *arg, int fd);
	void *arg;
};

/* Closes every device that holds data, except keep: while a process is scrubbed, and that takes a
 * while, others must be able to use the devices that its parent has given back. */
static void close_disks(int keep)
{
	char **names;
	size_t n;

	texts_folder("/proc/self/fd", &names, &n);
	for (size_t i = 0; i < n; i++) {
		int fd = (int)strtol(names[i], NULL, 10);
		struct stat st;

		if (fd != keep && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode))
			close(fd);
	}
	texts_free(names, n);
}

/* Kills the child and waits for its end. */
static int kill_guarded(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* The child is to end. parent: of both. Returns its status, if it had ended before, or 0. */
static int end_guarded(pid_t pid, pid_t parent, int fd)
{
	int status = 0;

	/* First it stops, which gives its processor to others. They are not to be late because of
	 * what remains to be done. */
	(void)kill(pid, SIGSTOP);
	while (!wait_for(pid, CHILD_END_MS, WUNTRACED, &status))
		;
	/* What it had for its parent, or has just given it, and what the parent can no longer wipe.
	 */
	if (getppid() != parent)
		secret_wipe_all_of(parent);
	if (!WIFSTOPPED(status))
		return status;
	(void)child_send(fd, &(char){ 0 }, 1);
	(void)setpriority(PRIO_PROCESS, 0, 19);
	(void)scrub(pid);
	return kill_guarded(pid);
}

/* Waits until the child has ended, or until it is to end. Returns the child's status. */
static int watch_over(pid_t pid, pid_t parent, int fd, const sigset_t *signals)
{
	int status = 0;

	while (look(pid, 0, &status) == 0) {
		int signal = sigwaitinfo(signals, NULL);

		if (signal == END_SIGNAL)
			return end_guarded(pid, parent, fd);
		if (signal == KILL_SIGNAL)
			return kill_guarded(pid);
	}
	return status;
}

/* Ends as the child did: the parent learns whether the OOM killer ended it. */
static void end_like(int status)
{
	if (WIFSIGNALED(status)) {
		sigset_t none;

		sigemptyset(&none);
		signal(WTERMSIG(status), SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		(void)raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

static void guard(void *arg, int fd)
{
	const struct guarded *guarded = arg;
	pid_t parent = getppid(), self = getpid(), pid;
	sigset_t signals, before;

	sigemptyset(&signals);
	sigaddset(&signals, END_SIGNAL);
	sigaddset(&signals, KILL_SIGNAL);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	/* The parent may have ended before this took effect. */
	if (prctl(PR_SET_PDEATHSIG, END_SIGNAL) < 0 || getppid() != parent)
		_exit(0);
	close_disks(guarded->keep);
	pid = fork();
	if (pid < 0)
		_exit(1);
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (child_dies_with(self))
			guarded->work(guarded->arg, fd);
		_exit(0);
	}
	close_range_of(0, (unsigned)fd - 1);
	close_range_of((unsigned)fd + 1, ~0U);
	end_like(watch_over(pid, parent, fd, &signals));
}

void child_stopped(const struct child *c)
{
	struct pollfd fd = { .fd = c->fd, .events = POLLIN };
	uint64_t until = now_ms() + CHILD_END_MS, now;
	char message[4096];
	ssize_t n = 0;

	/* There may be messages of the child before the guard's. */
	while (n != 1 && (now = now_ms()) < until) {
		if (poll(&fd, 1, (int)(until - now)) <= 0)
			continue;
		n = recv(c->fd, message, sizeof(message), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
	}
	explicit_bzero(message, sizeof(message));
}

int child_start_guarded(struct child *ret, int keep, void (*work)(void *arg, int fd), void *arg)
{
	int r = child_start(ret, CHILD_KEEPS_FILES, guard, &(struct guarded){ keep, work, arg });

	if (r == 0)
		ret->kind = CHILD_UNUSED;
	return r;
}

void child_gets_secret(struct child *c)
{
	if (c->kind == CHILD_UNUSED)
		c->kind = CHILD_GUARDED;
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
	*ret = (struct child){ .pid = pid,
			       .fd = fds[0],
			       .kind = keeps == CHILD_KEEPS_NOTHING ? CHILD_SIMPLE :
								      CHILD_SCRUBBED };
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
