/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fresh: the worker's part in the freshness of a volume: what the header and the TPM say before the
 * mapping is made, what the file system's root says afterwards, and the bump.
 */
#ifndef INTACT_UNLOCK_FRESH_H
#define INTACT_UNLOCK_FRESH_H

#include "config/volume.h"
#include "policy/fresh.h"
#include "system/freshness.h"
#include "unlock/tags.h"

/* Of one volume, from its header on; all zero before. */
struct fresh_check {
	struct freshness *f; /* NULL: nothing asks for it */
	struct fresh_facts facts;
	struct fresh_verdict before; /* without the file system's root */
	bool accept;
	struct tags_check tags;
	bool wants_tags; /* a digest of the tags is to be made at the end of the system */
	/* This boot was counted before the mapping was made, and was is what was found then: with
	 * the mapping the disk changes, and the tags would not be those of a closed record any
	 * more. */
	bool counted;
	struct fresh_facts was;
};

/* The header is read again, or the worker ends. */
void fresh_check_end(struct fresh_check *c);
/* What needs no secret, while a person types: finds the counter in the TPM. */
void fresh_check_ahead(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		       const struct header *h);
/* Must nothing be written to the disk before fresh_check_key()? */
bool fresh_check_holds(const struct header *h);
/* With the volume key, before the mapping is made; accept: a person accepts the disk. False: it
 * must not be made; *ret says why. */
bool fresh_check_key(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		     const struct header *h, const struct secret *key, bool accept,
		     struct fresh_verdict *ret);
/* The volume is open, and node is its mapping: judges the file system's root and, unless the disk
 * must not be written to, bumps. */
void fresh_check_opened(struct fresh_check *c, const char *node, bool may_write,
			struct fresh_verdict *ret);
/* A volume that was open before this process came: was it checked in this boot? */
void fresh_check_was_open(const struct volume *v, const struct luks *luks, const struct header *h,
			  struct fresh_verdict *ret);

#endif
