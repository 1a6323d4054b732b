/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lockfile.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>

/* Of the open file: it goes on in a child, and ends with the last descriptor. */
static const struct flock whole_file = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

int lockfile_take(const char *path, pid_t *ret_owner)
{
	cleanup_close int fd = -1;
	struct flock whole = whole_file;
	char text[32] = "";
	int r = make_parent_dirs(path, 0755);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return neg_errno();
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
		if (errno != EAGAIN && errno != EACCES)
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

bool lockfile_is_taken(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct flock whole = whole_file;

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}
