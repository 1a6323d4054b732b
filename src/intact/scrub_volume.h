/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_volume: the open volumes that a scrub can read, and the two files that belong to a scrub:
 * its state, and the lock that keeps a second one away.
 */
#ifndef INTACT_INTACT_SCRUB_VOLUME_H
#define INTACT_INTACT_SCRUB_VOLUME_H

#include "facts/scrub_state.h"
#include "facts/stack.h"

#include <sys/types.h>

struct scrub_volume {
	char name[128]; /* of the mapping */
	char node[64];	/* "/dev/dm-1" */
	char uuid[40];	/* of the LUKS2 header */
	/* What notices that a block is not the one that was written; without it, no scrub can. */
	enum stack_checks checks;
	bool covered; /* its tags are those of a volume below it, whose scrub reads them all */
};

/* The volume with this name. False: no LUKS2 volume has it. */
bool scrub_volume_find(const char *name, struct scrub_volume *ret);
/* The names of all open volumes with checks that are not covered; to be freed with texts_free(). */
void scrub_volume_names(char ***ret, size_t *ret_n);

/* A descriptor that holds the lock, or -EBUSY and the process that has it; or another negative
 * errno. */
int scrub_volume_lock(const struct scrub_volume *v, pid_t *ret_owner);
/* Is a scrub of it running? */
bool scrub_volume_is_locked(const struct scrub_volume *v);

/* The state of the last scrub; all zero when there is none that can be read. 0, also when there is
 * none; -EBADMSG: its content makes no sense; or another negative errno. */
int scrub_volume_load(const struct scrub_volume *v, struct scrub_state *ret);
/* Keeps it in /var/lib; in /run, where that cannot be written (*ret_lost: until the next boot). 0
 * or a negative errno. */
int scrub_volume_save(const struct scrub_volume *v, const struct scrub_state *s, bool *ret_lost);

#endif
