/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/keyfile.h"

#include "base/util.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>

const char *keyfile_open(const char *path, uint64_t offset, uint64_t size, struct keyfile *ret)
{
	/* O_NONBLOCK: opening a FIFO would wait for a writer. */
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const char *why;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return strerror(errno);
	why = foreign_judge(&st, &KEYFILE_EXTENT(offset, size));
	if (why)
		return why;
	ret->fd = steal_fd(&fd);
	(void)snprintf(ret->path, sizeof(ret->path), "/proc/%d/fd/%d", (int)getpid(), ret->fd);
	return NULL;
}

static bool is_in_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

static int overwrite(int fd, uint64_t size)
{
	static const char zeros[512];
	int r = lseek(fd, 0, SEEK_SET) < 0 ? neg_errno() : 0;

	for (uint64_t done = 0; r == 0 && done < size; done += sizeof(zeros))
		r = write_all(fd, zeros, size - done < sizeof(zeros) ? size - done : sizeof(zeros));
	return r;
}

const char *keyfile_erase(const char *path)
{
	cleanup_close int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	if (!is_in_memory(fd))
		return "it is not in the memory of the image";
	r = overwrite(fd, (uint64_t)st.st_size);
	if (r == 0 && unlink(path) < 0)
		r = neg_errno();
	return r < 0 ? strerror(-r) : NULL;
}
