/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: may this disk be opened as this volume, and is what was opened what it should be? Pure
 * policy over configuration and facts; the first verdict is reached before any secret is asked.
 */
#ifndef INTACT_POLICY_VERDICT_H
#define INTACT_POLICY_VERDICT_H
#include "base/util.h"
#include "config/volume.h"
#include "facts/job.h"

enum verdict_action {
	VERDICT_OPEN,	/* go on; text, when not empty, is a warning for a person */
	VERDICT_ACTIVE, /* the volume is open already: success */
	VERDICT_LEAVE,	/* no integrity, and none was promised: another program's disk, no error */
	VERDICT_REFUSE, /* stop; text gives the reason and the next step, code the exit code */
};

struct verdict {
	enum verdict_action action;
	enum exit_code code;
	bool of_header; /* with VERDICT_REFUSE: because of what the header is or says */
	char text[640]; /* one or two lines for a tired person: device, reason, next step */
};

/* The verdict with its text; what the two below are written with. */
void verdict_set(struct verdict *ret, enum verdict_action action, enum exit_code code,
		 const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * The parts of verdict_disk() that judge what a LUKS2 header says: is it what the image promises
 * and pins, and may a header ask for that at all? Both return whether they have reached a verdict.
 */
struct subject;
bool verdict_header(const struct subject *s, const struct volume *v, const struct header *h,
		    struct verdict *ret);
/* Without a verdict, *ret may hold a warning about keyslots that are left out. */
bool verdict_keyslots(const struct subject *s, const struct volume *v, const struct header *h,
		      struct verdict *ret);

/* node is the device's name for messages. */
void verdict_disk(const struct volume *v, const char *node, const struct disk *d,
		  struct verdict *ret);

/*
 * Are the two mappings what the header asks for, on this disk and nothing else, and can they be
 * read? VERDICT_OPEN or VERDICT_REFUSE. Who made them does not matter: those of other programs and
 * our own are judged alike.
 */
void verdict_opened(const struct volume *v, const struct device *dev, const struct disk *d,
		    const struct opened *o, struct verdict *ret);

/* Is it a refusal after which nothing may use the volume: not the disk it should be, or an
 * integrity failure? A read error is none: the mapping is needed to save what can be read. */
bool verdict_closes(enum exit_code code);

#endif
