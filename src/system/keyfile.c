/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/keyfile.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *problem(const struct stat *st, uint64_t offset, uint64_t size)
{
	uint64_t whole = (uint64_t)st->st_size;

	if (S_ISDIR(st->st_mode))
		return "it is a folder";
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file";
	/* Those of /proc and tracefs look like this, and some of them never end. */
	if (whole == 0)
		return "it is empty";
	if (offset > whole)
		return "it ends before the place that keyfile-offset= names";
	if ((size > 0 ? size : whole - offset) > KEYFILE_MAX)
		return "it has more than 8 MiB: name a part with keyfile-size=";
	return NULL;
}

const char *keyfile_open(const char *path, uint64_t offset, uint64_t size, struct keyfile *ret)
{
	/* O_NONBLOCK: opening a FIFO would wait for a writer. */
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const char *why;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return strerror(errno);
	why = problem(&st, offset, size);
	if (why)
		return why;
	ret->fd = steal_fd(&fd);
	(void)snprintf(ret->path, sizeof(ret->path), "/proc/%d/fd/%d", (int)getpid(), ret->fd);
	return NULL;
}
