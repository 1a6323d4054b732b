/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/keyfile.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

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
