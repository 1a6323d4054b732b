/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyfile: opens a key file, and judges what was opened: a FIFO or a terminal would be read for
 * ever.
 */
#ifndef INTACT_SYSTEM_KEYFILE_H
#define INTACT_SYSTEM_KEYFILE_H

#include "system/foreign.h"

/* As much as cryptsetup reads of a key file. */
#define KEYFILE_MAX (8 << 20)
/* What keyfile-offset= and keyfile-size= ask for. */
#define KEYFILE_EXTENT(offset_, size_)                                                           \
	((struct extent){ .offset = (offset_),                                                   \
			  .size = (size_),                                                       \
			  .max = KEYFILE_MAX,                                                    \
			  .too_large = "it has more than 8 MiB: name a part with keyfile-size=", \
			  .what = "key" })

struct keyfile {
	int fd;
	/* The open file by another name, for other processes: what was judged is what is read.
	 * Valid as long as this process has fd open. */
	char path[64];
};

/* Opens a regular file of which size bytes (0: to the end) from offset on can be a key. NULL, and
 * *ret; or why not (static, or strerror's). */
const char *keyfile_open(const char *path, uint64_t offset, uint64_t size, struct keyfile *ret);

/* Overwrites and removes a key file that is in memory (ramfs, tmpfs), as all files of an image are.
 * NULL, also when it is gone already; or why not. */
const char *keyfile_erase(const char *path);

#endif
