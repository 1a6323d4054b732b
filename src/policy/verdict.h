/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: may this disk be opened as this volume?  Pure policy over config and header facts, said
 * before any secret is asked.
 */
#ifndef INTACT_POLICY_VERDICT_H
#define INTACT_POLICY_VERDICT_H

#include "config/volume.h"
#include "facts/job.h"

enum verdict_action {
	VERDICT_OPEN,	/* go on; text, when not empty, is a warning worth a line */
	VERDICT_ACTIVE, /* already open as the same volume: success */
	VERDICT_LEAVE,	/* not ours (no integrity and none was promised): not an error */
	VERDICT_REFUSE, /* stop; text says why and what to do next; code is the exit code */
};

struct verdict {
	enum verdict_action action;
	enum exit_code code;
	char text[512]; /* one or two lines for a tired person; device, reason, next step */
};

/* node is the device's name for messages. */
void verdict_disk(const struct volume *v, const char *node, const struct disk *d,
		  struct verdict *ret);

/* Is what was opened what the header promised?  VERDICT_OPEN or VERDICT_REFUSE. A failed read
 * counts only when nothing was recognised: a block never written (cryptsetup --integrity-no-wipe)
 * has no valid tag. */
void verdict_opened(const struct volume *v, const char *node, const struct header *h,
		    const struct opened *o, struct verdict *ret);

#endif
