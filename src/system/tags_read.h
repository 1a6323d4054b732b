/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags_read: reads the integrity tags of a volume from its disk, past the page cache and without
 * device-mapper, and makes their digest (facts/tags.h).
 */
#ifndef INTACT_SYSTEM_TAGS_READ_H
#define INTACT_SYSTEM_TAGS_READ_H

#include "facts/tags.h"

#include <sys/types.h>

struct tags_reading {
	int err; /* 0, or a negative errno: all else is zero then, but layout may be set */
	struct layout layout; /* as the superblock on the disk has it */
	struct tags tags;
};

/* Told after each piece: so many bytes of all of them were read. */
struct tags_watch {
	void (*read)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

/*
 * Reads them from node, which must be the block device with this number, or (0) may be a file;
 * offset: of dm-integrity's superblock; until: by when it must be done, as now_ms();
 * watch: or NULL. Errors: -ENODEV: another device; -ENOTSUP: no layout that can be digested;
 * -ETIMEDOUT.
 */
void tags_read(const char *node, dev_t number, uint64_t offset, uint64_t until,
	       const struct tags_watch *watch, struct tags_reading *ret);

#endif
