/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lockfile.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

int lockfile_take(const char *path, pid_t *ret_owner)
{
	cleanup_close int fd = -1;
	char text[32] = "";
	int r = make_parent_dirs(path, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return neg_errno();
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return neg_errno();
		if (pread(fd, text, sizeof(text) - 1, 0) > 0)
			*ret_owner = (pid_t)strtol(text, NULL, 10);
		return -EBUSY;
	}
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		return neg_errno();
	return steal_fd(&fd);
}
