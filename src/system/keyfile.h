/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyfile: opens a key file, and judges what was opened: a FIFO or a terminal would be read for
 * ever.
 */
#ifndef INTACT_SYSTEM_KEYFILE_H
#define INTACT_SYSTEM_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

/* As much as cryptsetup reads of a key file. */
#define KEYFILE_MAX (8 << 20)

struct keyfile {
	int fd;
	/* The open file by another name, for other processes: what was judged is what is read.
	 * Valid as long as this process has fd open. */
	char path[64];
};

/* Opens a regular file of which size bytes (0: to the end) from offset on can be a key. NULL, and
 * *ret; or why not (static, or strerror's). */
const char *keyfile_open(const char *path, uint64_t offset, uint64_t size, struct keyfile *ret);

#endif
