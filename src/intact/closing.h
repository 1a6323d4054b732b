/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * closing: the digest of a volume's integrity tags at the end of the system, when nothing may write
 * to the volume any more.
 */
#ifndef INTACT_INTACT_CLOSING_H
#define INTACT_INTACT_CLOSING_H

#include "facts/fsroot.h"
#include "facts/header.h"
#include "facts/stack.h"
#include "system/tags_read.h"

/*
 * root: what is on the volume. Makes the mapping at node, and all devices that stand on it,
 * read-only, has dm-integrity write back what it holds, and reads the tags. until: by when, as
 * now_ms(); watch: or NULL. NULL, and *ret is TAGS_TAKEN; or why not, as a clause, perhaps in buf:
 * then *ret is TAGS_WANTED, and the mapping may be written to again.
 */
const char *closing_tags(const struct stack_mapping *m, const struct header *h,
			 const struct fsroot *root, const char *node, uint64_t until,
			 const struct tags_watch *watch, struct tags *ret, char *buf, size_t size);

#endif
