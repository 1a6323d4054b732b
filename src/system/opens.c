/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/opens.h"

#include "base/parse.h"
#include "base/texts.h"
#include "base/util.h"

#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* Processes between an opener and udevd at most. */
#define ANCESTORS_MAX 8

/* Not fanotify, which would tell who opens it: it leaves out device nodes. */
int opens_watch(const char *node)
{
	cleanup_close int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || inotify_add_watch(fd, node, IN_OPEN) < 0)
		return neg_errno();
	return steal_fd(&fd);
}

void opens_read(int fd)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static bool is_this_program(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/exe", (int)pid);
	struct stat own, other;

	return stat("/proc/self/exe", &own) == 0 && stat(path, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* The program's name, as the kernel has it, and the parent; false: the process is gone. */
static bool read_process(pid_t pid, char name[static 64], pid_t *ret_parent)
{
	cleanup_free char *path = xasprintf("/proc/%d/stat", (int)pid);
	char line[512], *begin, *end;
	int parent;

	/* "123 (name) S 1 …"; the name may hold anything. */
	if (read_line(path, line, sizeof(line)) < 0)
		return false;
	begin = strchr(line, '(');
	end = strrchr(line, ')');
	if (!begin || !end || end < begin || sscanf(end + 1, " %*c %d", &parent) != 1)
		return false;
	*end = '\0';
	(void)str_copy(name, 64, begin + 1);
	*ret_parent = parent;
	return true;
}

static bool is_udev(pid_t pid)
{
	char name[64];

	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		/* systemd-udevd, udevd, and (udev-worker) */
		if (!read_process(pid, name, &pid))
			return false;
		if (strstr(name, "udev"))
			return true;
	}
	return false;
}

/* Has the process the device open? */
static bool has_open(const char *pid, dev_t devno)
{
	cleanup_free char *folder = xasprintf("/proc/%s/fd", pid);
	char **names;
	bool found = false;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n && !found; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		struct stat st;

		found = stat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == devno;
	}
	texts_free(names, n);
	return found;
}

bool opens_now(dev_t devno)
{
	char **names;
	bool found = false;
	size_t n;

	texts_folder("/proc", &names, &n);
	for (size_t i = 0; i < n && !found; i++) {
		uint64_t pid;

		found = parse_u64(names[i], INT_MAX, &pid) == 0 && has_open(names[i], devno) &&
			!is_this_program((pid_t)pid) && !is_udev((pid_t)pid);
	}
	texts_free(names, n);
	return found;
}
