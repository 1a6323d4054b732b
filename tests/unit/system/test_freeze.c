/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system that is frozen, whatever happens to the processes that do it, is thawed: the test's
 * own ioctl() stands in the place of libc's. Linked as the programs are.
 */
#include "system/freeze.h"

#include "base/util.h"
#include "test.h"

#include <linux/fs.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define LONG_MS 60000
#define FS 77 /* the descriptor */

/* The file system, shared by all processes. */
static struct world {
	atomic_bool frozen, worked;
	atomic_int freezes, thaws;
	atomic_int freeze_error;
	atomic_bool stolen; /* another program thaws it first */
} * world;

int syncfs(int fd)
{
	CHECK_INT(fd, FS);
	return 0;
}

int ioctl(int fd, int request, ...)
{
	bool freeze = (unsigned)request == (unsigned)FIFREEZE;

	if (fd != FS || (!freeze && (unsigned)request != (unsigned)FITHAW)) {
		errno = ENOTTY;
		return -1;
	}
	errno = freeze ? world->freeze_error : world->frozen && !world->stolen ? 0 : EINVAL;
	if (errno)
		return -1;
	world->frozen = freeze;
	*(freeze ? &world->freezes : &world->thaws) += 1;
	return 0;
}

static void begin(void)
{
	if (!world)
		world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		abort();
	memset(world, 0, sizeof(*world));
}

static void work(void *arg)
{
	world->worked = world->frozen && arg == world;
}

static void work_for_ever(void *arg)
{
	work(arg);
	for (;;)
		pause();
}

static void work_and_be_killed(void *arg)
{
	work(arg);
	raise(SIGKILL);
}

/* Its parent is the guard. */
static void work_without_guard(void *arg)
{
	pid_t guard = getppid();

	work(arg);
	kill(guard, SIGKILL);
	while (getppid() == guard)
		usleep(1000);
}

static bool wait_until(const atomic_bool *what, bool value)
{
	for (unsigned i = 0; i < 60000 && *what != value; i++)
		usleep(1000);
	return *what == value;
}

TEST(frozen_only_while_working)
{
	begin();
	CHECK_INT(freeze_while(FS, LONG_MS, work, world), 0);
	CHECK(world->worked);
	CHECK(!world->frozen);
	CHECK_INT(world->freezes, 1);
	CHECK_INT(world->thaws, 1);
}

TEST(what_others_froze_stays_frozen)
{
	begin();
	world->frozen = true;
	world->freeze_error = EBUSY;
	CHECK_INT(freeze_while(FS, LONG_MS, work, world), -EBUSY);
	CHECK(!world->worked);
	CHECK(world->frozen);
	CHECK_INT(world->thaws, 0);
	world->freeze_error = EOPNOTSUPP;
	CHECK_INT(freeze_while(FS, LONG_MS, work, world), -EOPNOTSUPP);
}

TEST(thawed_by_another_is_told)
{
	begin();
	world->stolen = true;
	CHECK_INT(freeze_while(FS, LONG_MS, work, world), -ESTALE);
}

TEST(too_long)
{
	begin();
	CHECK_INT(freeze_while(FS, 50, work_for_ever, world), -ETIMEDOUT);
	CHECK(!world->frozen);
	CHECK_INT(world->thaws, 1);
}

TEST(killed)
{
	begin();
	CHECK_INT(freeze_while(FS, LONG_MS, work_and_be_killed, world), -ECHILD);
	CHECK(world->worked);
	CHECK(!world->frozen);
	CHECK_INT(world->thaws, 1);
}

TEST(guard_killed)
{
	begin();
	CHECK_INT(freeze_while(FS, LONG_MS, work_without_guard, world), -ECHILD);
	CHECK(wait_until(&world->frozen, false));
	CHECK_INT(world->thaws, 1);
}

/* The program that began it is killed in the middle. */
TEST(program_killed)
{
	pid_t pid;
	int status;

	begin();
	pid = fork();
	if (pid == 0) {
		(void)freeze_while(FS, 2000, work_for_ever, world);
		_exit(0);
	}
	CHECK(wait_until(&world->worked, true));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK(wait_until(&world->frozen, false));
	CHECK_INT(world->thaws, 1);
}

/* As Ctrl-C is, for all processes of the terminal. */
static void work_in_spite_of_signals(void *arg)
{
	kill(getpid(), SIGINT);
	kill(getppid(), SIGINT);
	kill(getpid(), SIGTERM);
	kill(getppid(), SIGHUP);
	work(arg);
}

TEST(not_ended_by_signals)
{
	begin();
	CHECK_INT(freeze_while(FS, LONG_MS, work_in_spite_of_signals, world), 0);
	CHECK(world->worked);
	CHECK_INT(world->thaws, 1);
}

TEST_MAIN(frozen_only_while_working, what_others_froze_stays_frozen, thawed_by_another_is_told,
	  too_long, killed, guard_killed, program_killed, not_ended_by_signals)
