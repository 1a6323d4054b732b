/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/early.h"

#include "base/parse.h"
#include "base/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>

/* Lock file of the early instance; it holds "pid=123\n", and at the end "code=0\n". */
#define EARLY "early"
/* Exists when the early instance has written its code; empty. */
#define ENDED "ended"
/* Lock file of the instance that has found all disks; empty. */
#define FOUND "found"
/* Lock file of another instance, followed by its process number; empty. */
#define INSTANCE "instance."

/* In a folder of their own: run_dir holds files with the names of volumes. */
static char *path_of(const char *run_dir, const char *name)
{
	return xasprintf("%s-unlock/%s", run_dir, name);
}

static int open_file(const char *run_dir, const char *name, int flags)
{
	cleanup_free char *path = path_of(run_dir, name);
	int fd;

	if (flags & O_CREAT)
		(void)make_parent_dirs(path, 0700);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	return fd < 0 ? -errno : fd;
}

static void remove_file(const char *run_dir, const char *name)
{
	cleanup_free char *path = path_of(run_dir, name);

	(void)unlink(path);
}

static int lock(int fd, int how)
{
	int r;

	do
		r = flock(fd, LOCK_EX | how);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* The file, locked by this process; -EWOULDBLOCK: another process has the lock. */
static int open_locked(const char *run_dir, const char *name)
{
	cleanup_close int fd = open_file(run_dir, name, O_CREAT);
	int r = fd < 0 ? fd : lock(fd, LOCK_NB);

	return r < 0 ? r : steal_fd(&fd);
}

static bool read_number(int fd, const char *key, int *ret)
{
	char text[64] = "";
	const char *found;

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return false;
	found = strstr(text, key);
	return found && sscanf(found + strlen(key), "%d", ret) == 1;
}

/* Not with plymouth: the prompt must appear on its splash, which is not up yet. */
bool early_is_useful(void)
{
	static const char *const daemons[] = { "/usr/sbin/plymouthd", "/sbin/plymouthd",
					       "/usr/bin/plymouthd" };

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (access(daemons[i], F_OK) == 0)
			return false;
	return true;
}

int early_begin(const char *run_dir, int *ret_fd)
{
	cleanup_close int fd = open_locked(run_dir, EARLY);
	pid_t pid;

	if (fd < 0)
		return fd == -EWOULDBLOCK ? -EBUSY : fd;
	if (ftruncate(fd, 0) < 0)
		return -errno;
	remove_file(run_dir, ENDED);
	/* The lock belongs to the open file, which the child inherits. */
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		*ret_fd = steal_fd(&fd);
		return 0;
	}
	/* By the parent, so that the number is there before the boot script continues. */
	(void)dprintf(fd, "pid=%d\n", (int)pid);
	return 1;
}

void early_end(const char *run_dir, int fd, enum exit_code code)
{
	int ended = -1;

	if (lseek(fd, 0, SEEK_END) >= 0 && dprintf(fd, "code=%d\n", (int)code) > 0)
		ended = open_file(run_dir, ENDED, O_CREAT);
	if (ended >= 0)
		close(ended);
	close(fd);
}

/* Sends the signal to the instance that holds the lock on the file, if it still runs, and waits for
 * its end. pid: 0 when the file holds it. */
static void await(int fd, pid_t pid, int signal_number)
{
	/* The process that holds the lock is alive, so its number cannot be in use again. */
	if (lock(fd, LOCK_NB) == -EWOULDBLOCK) {
		if ((pid > 0 || read_number(fd, "pid=", &pid)) && pid > 1)
			(void)kill(pid, signal_number);
		(void)lock(fd, 0);
	}
}

bool early_attend(const char *run_dir, enum exit_code *ret_code)
{
	cleanup_close int fd = open_file(run_dir, EARLY, 0);
	int code;

	if (fd < 0)
		return false;
	await(fd, 0, EARLY_SIGNAL);
	remove_file(run_dir, ENDED);
	remove_file(run_dir, EARLY);
	if (!read_number(fd, "code=", &code))
		return false;
	*ret_code = (enum exit_code)code;
	return true;
}

/* Ends the instance that holds the lock on the file. */
static void end_instance(const char *run_dir, const char *name, pid_t pid)
{
	cleanup_close int fd = open_file(run_dir, name, 0);

	if (fd < 0)
		return;
	await(fd, pid, SIGTERM);
	remove_file(run_dir, name);
}

void early_withdraw(const char *run_dir)
{
	cleanup_free char *folder = path_of(run_dir, "");
	DIR *dir = opendir(folder);
	struct dirent *entry;

	end_instance(run_dir, EARLY, 0);
	remove_file(run_dir, ENDED);
	while (dir && (entry = readdir(dir))) {
		const char *number = str_after(entry->d_name, INSTANCE);
		uint64_t pid;

		if (number && parse_u64(number, INT_MAX, &pid) == 0)
			end_instance(run_dir, entry->d_name, (pid_t)pid);
	}
	if (dir)
		closedir(dir);
}

static void instance_name(char name[static 32])
{
	snprintf(name, 32, INSTANCE "%d", (int)getpid());
}

int early_enter(const char *run_dir)
{
	char name[32];

	instance_name(name);
	return open_locked(run_dir, name);
}

void early_leave(const char *run_dir, int fd)
{
	char name[32];

	if (fd < 0)
		return;
	instance_name(name);
	remove_file(run_dir, name);
	close(fd);
}

int early_hold(const char *run_dir)
{
	return open_locked(run_dir, FOUND);
}

void early_release(const char *run_dir, int fd)
{
	remove_file(run_dir, FOUND);
	close(fd);
}

void early_finish(const char *run_dir)
{
	remove_file(run_dir, FOUND);
}

void early_await(const char *run_dir)
{
	cleanup_close int fd = open_file(run_dir, FOUND, 0);

	if (fd >= 0)
		(void)lock(fd, 0);
}
