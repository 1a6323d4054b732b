/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags: reads the integrity tags of a volume in a process of its own, while a person types.
 */
#ifndef INTACT_UNLOCK_TAGS_H
#define INTACT_UNLOCK_TAGS_H

#include "base/child.h"
#include "facts/header.h"
#include "system/luks.h"
#include "system/tags_read.h"

#include <stdatomic.h>

/* Shared with the child. Bytes. */
struct tags_progress {
	_Atomic uint64_t done, total;
};

struct tags_check {
	bool started;
	struct child child;		/* valid with started */
	struct tags_progress *progress; /* NULL: nothing has begun, or there is no memory for it */
};

/* Begins to read, unless it has begun before. */
void tags_check_start(struct tags_check *t, const struct luks *luks, const struct header *h);
/* Begins if it has not begun, and waits for the end. */
void tags_check_wait(struct tags_check *t, const struct luks *luks, const struct header *h,
		     struct tags_reading *ret);
/* Ends the process; all is zero afterwards. */
void tags_check_end(struct tags_check *t);

#endif
