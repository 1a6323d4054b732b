/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/scrub.h"
#include "base/util.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

#define MARK 0x5ec2e7

/* Where a child has its marks, and what is left of them: shared by all processes. */
static struct seen {
	uintptr_t at[6];
	_Atomic int marked, left, scrubbed;
	pid_t pid;
} * seen;

static int value_at(pid_t pid, uintptr_t at)
{
	int value = -1;
	struct iovec to = { &value, sizeof(value) }, from = { (void *)at, sizeof(value) };

	return process_vm_readv(pid, &to, 1, &from, 1, 0) == sizeof(value) ? value : -1;
}

static int marks_of(pid_t pid)
{
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(seen->at); i++)
		n += value_at(pid, seen->at[i]) != 0;
	return n;
}

/* Each end of a child is looked at from between its last instruction and SIGKILL. */
static int looked_kill(pid_t pid, int number)
{
	seen->left = marks_of(pid);
	seen->scrubbed++;
	return kill(pid, number);
}

#define kill looked_kill
#include "base/scrub.c"
#undef kill

static int looked_scrub(pid_t pid)
{
	seen->marked = marks_of(pid);
	return scrub(pid);
}

/* Pipes stand in for disks. */
#include <sys/stat.h>
#undef S_ISBLK
#define S_ISBLK(mode) S_ISFIFO(mode)

#define scrub looked_scrub
#include "base/child.c"
#undef scrub

static volatile int variable, at_start = 1;

static void *thread(void *arg)
{
	volatile int on_its_stack = MARK;

	*(volatile uintptr_t *)arg = (uintptr_t)&on_its_stack;
	/* It writes to its memory until it is stopped, as a derivation does. */
	for (;;)
		variable = at_start = MARK;
	return NULL;
}

/* Marks of every kind, and a secret of its own. */
static void marks(void)
{
	static pthread_t t;
	volatile int on_stack = MARK;
	int *small = malloc(sizeof(*small)), *large = malloc(64 << 20);
	struct secret *own = secret_new();

	/* The kernel counts a process's first pages only now and then. */
	memset(large, 0, 1 << 20);
	*small = *large = MARK;
	memcpy(own->bytes, small, sizeof(*small));
	seen->at[0] = (uintptr_t)&variable;
	seen->at[1] = (uintptr_t)&at_start;
	seen->at[2] = (uintptr_t)&on_stack;
	seen->at[3] = (uintptr_t)large;
	seen->at[4] = (uintptr_t)own->bytes;
	CHECK(pthread_create(&t, NULL, thread, &seen->at[5]) == 0);
	while (!seen->at[5] || variable != MARK)
		usleep(100);
}

static void work(void *arg, int fd)
{
	char ready = 1, more;

	(void)arg;
	marks();
	seen->pid = getpid();
	(void)child_send(fd, &ready, sizeof(ready));
	while (child_receive(fd, &more, sizeof(more)))
		if (more)
			_exit(more);
	for (;;)
		pause();
}

static void prepare(void)
{
	if (!seen)
		seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	memset(seen, 0, sizeof(*seen));
}

static bool was_scrubbed(void)
{
	uint64_t until = now_ms() + 30000;

	while (!seen->scrubbed && now_ms() < until)
		usleep(1000);
	return seen->scrubbed == 1 && seen->marked == ARRAY_SIZE(seen->at) && seen->left == 0;
}

/* It has ended. */
static bool process_is_gone(void)
{
	return seen->pid > 0 && kill(seen->pid, 0) < 0 && errno == ESRCH;
}

static char *of_parent(struct secret *s)
{
	return (char *)s->bytes;
}

TEST(reaped)
{
	struct secret *s = secret_new();
	struct child c = CHILD_NONE;
	char ready = 0;

	prepare();
	strcpy(of_parent(s), "stays");
	CHECK(child_start(&c, CHILD_KEEPS_SECRETS, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(was_scrubbed());
	CHECK_STR(of_parent(s), "stays");
	secret_free(s);
}

/* Without a limit to wait for its end, too. */
TEST(reaped_at_once)
{
	struct child c = CHILD_NONE;
	char ready = 0;

	prepare();
	CHECK(child_start(&c, CHILD_KEEPS_SECRETS, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	child_reap_within(&c, 0);
	CHECK(was_scrubbed());
	/* Nothing to scrub where there are no secrets. */
	prepare();
	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK_INT(seen->scrubbed, 0);
}

TEST(guarded)
{
	struct secret *s = secret_new();
	struct child c = CHILD_NONE;
	char ready = 0;

	prepare();
	strcpy(of_parent(s), "stays");
	CHECK(child_start_guarded(&c, -1, work, NULL) == 0);
	child_gets_secret(&c);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	child_kill(&c);
	child_stopped(&c);
	CHECK_INT(child_reap(&c), 0);
	CHECK(was_scrubbed());
	CHECK(c.pid == 0 && c.fd == -1);
	CHECK_STR(of_parent(s), "stays");
	secret_free(s);
}

/* There is nothing to scrub, and what waits for its end does not wait for that. */
TEST(guarded_without_a_secret)
{
	struct child c = CHILD_NONE;
	char ready = 0;

	prepare();
	CHECK(child_start_guarded(&c, -1, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), 0);
	CHECK_INT(seen->scrubbed, 0);
	CHECK(process_is_gone());
}

static void tell_files(void *arg, int fd)
{
	const int *files = arg;
	char open[2] = { fcntl(files[0], F_GETFD) >= 0, fcntl(files[1], F_GETFD) >= 0 };

	(void)child_send(fd, open, sizeof(open));
	pause();
}

/* Neither the guard nor the child holds a disk, except the one that it needs. */
TEST(guarded_without_disks)
{
	struct child c = CHILD_NONE;
	char open[2] = { 1, 0 };
	int files[2];

	prepare();
	CHECK(pipe(files) == 0);
	CHECK(child_start_guarded(&c, files[0], tell_files, files) == 0);
	close(files[1]);
	CHECK(child_receive(c.fd, open, sizeof(open)));
	CHECK(open[0] && !open[1]);
	/* No process can write to it any more. */
	CHECK_INT(read(files[0], open, sizeof(open)), 0);
	child_reap(&c);
	close(files[0]);
}

/* The end of a guarded child, seen from its parent: that of the child itself. */
TEST(a_guard_ends_as_its_child)
{
	struct child c = CHILD_NONE;
	char ready = 0, end = 3;

	prepare();
	CHECK(child_start_guarded(&c, -1, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK(child_send(c.fd, &end, sizeof(end)) == 0);
	CHECK(!child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), 0);
	CHECK_INT(seen->scrubbed, 0);
}

static void kills_itself(void *arg, int fd)
{
	(void)fd;
	signal(*(const int *)arg, SIG_DFL); /* not the sanitizer's */
	(void)kill(getpid(), *(const int *)arg);
}

TEST(a_guard_tells_the_signal)
{
	int signals[] = { SIGKILL, SIGABRT, SIGSEGV };
	struct child c = CHILD_NONE;
	char ready;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		CHECK(child_start_guarded(&c, -1, kills_itself, &signals[i]) == 0);
		CHECK(!child_receive(c.fd, &ready, sizeof(ready)));
		CHECK_INT(child_reap(&c), signals[i]);
	}
}

/* A parent between this process and the guard: its secret is what the child gave it. */
static void parent(void *arg, int fd)
{
	struct secret *own = secret_new();
	struct child c = CHILD_NONE;
	char ready;

	(void)arg;
	strcpy(of_parent(own), "a key");
	if (child_start_guarded(&c, -1, work, NULL) == 0 &&
	    child_receive(c.fd, &ready, sizeof(ready)))
		(void)child_send(fd, &ready, sizeof(ready));
	pause();
}

TEST(its_parent_is_killed)
{
	struct child c = CHILD_NONE;
	char ready;

	prepare();
	CHECK(child_start(&c, CHILD_KEEPS_NOTHING, parent, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(was_scrubbed());
}

/* Pages that were never used stay so. */
TEST(takes_no_memory)
{
	struct child c = CHILD_NONE;
	struct rusage usage = { 0 };
	char ready = 0;

	prepare();
	CHECK(child_start(&c, CHILD_KEEPS_SECRETS, work, NULL) == 0);
	CHECK(child_receive(c.fd, &ready, sizeof(ready)));
	CHECK_INT(child_reap(&c), SIGKILL);
	CHECK(was_scrubbed());
	CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
	CHECK(usage.ru_maxrss > 0 && usage.ru_maxrss < 48 << 10);
}

TEST(no_such_process)
{
	prepare();
	CHECK_INT(scrub(0x3ffffff), -ENOENT);
}

TEST_MAIN(reaped, reaped_at_once, guarded, guarded_without_a_secret, guarded_without_disks,
	  a_guard_ends_as_its_child, a_guard_tells_the_signal, its_parent_is_killed,
	  takes_no_memory, no_such_process)
