/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/freeze.h"

#include "base/child.h"
#include "base/util.h"
#include "system/machine.h"

#include <linux/fs.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* What the program waits for beyond the guard's limit: the guard's own work takes no time. */
#define BEYOND_MS 30000

/* In memory that the three processes share. */
struct freeze {
	int fd;
	unsigned ms;
	void (*work)(void *arg);
	void *arg;
	atomic_bool frozen; /* perhaps: true before it is asked for */
	atomic_bool late;   /* the guard ended it */
	atomic_int result;
};

static void thaw(struct freeze *f)
{
	if (ioctl(f->fd, FITHAW, 0) < 0)
		f->result = errno == EINVAL ? -ESTALE : neg_errno();
	f->frozen = false;
}

/* No page of the program may be missing while its file system is frozen, and it may not be the
 * process that the kernel ends for want of memory. */
static int become_independent(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	machine_oom_score(-1000);
	return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? neg_errno() : 0;
}

static void freeze_and_work(struct freeze *f)
{
	int r = become_independent();

	if (r < 0) {
		f->result = r;
		return;
	}
	f->frozen = true;
	if (ioctl(f->fd, FIFREEZE, 0) < 0) {
		f->result = neg_errno();
		f->frozen = false;
		return;
	}
	f->result = 0;
	f->work(f->arg);
	thaw(f);
}

static void guard(struct freeze *f)
{
	int status, r = become_independent();
	pid_t pid;

	(void)setsid();
	if (r < 0) {
		f->result = r;
		return;
	}
	pid = fork();
	if (pid == 0) {
		freeze_and_work(f);
		_exit(0);
	}
	if (pid < 0) {
		f->result = neg_errno();
		return;
	}
	if (!child_wait(pid, f->ms, &status)) {
		f->late = true;
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (!f->frozen)
		return;
	thaw(f);
	f->result = f->late ? -ETIMEDOUT : -ECHILD;
}

static int watch(struct freeze *f, pid_t pid)
{
	int status;

	if (!child_wait(pid, f->ms + BEYOND_MS, &status))
		return -EINPROGRESS;
	return WIFEXITED(status) ? f->result : -ECHILD;
}

int freeze_while(int fd, unsigned ms, void (*work)(void *arg), void *arg)
{
	struct freeze *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int r;

	if (f == MAP_FAILED)
		return neg_errno();
	f->fd = fd;
	f->ms = ms;
	f->work = work;
	f->arg = arg;
	f->result = -ECHILD;
	/* Most is written before others have to wait for it. */
	(void)syncfs(fd);
	pid = fork();
	if (pid == 0) {
		guard(f);
		_exit(0);
	}
	r = pid < 0 ? neg_errno() : watch(f, pid);
	/* A process that still runs keeps its own mapping of it. */
	(void)munmap(f, sizeof(*f));
	return r;
}
