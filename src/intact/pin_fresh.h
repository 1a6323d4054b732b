/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin_fresh: the part of `intact pin` that makes, renews or removes the record of freshness.
 */
#ifndef INTACT_INTACT_PIN_FRESH_H
#define INTACT_INTACT_PIN_FRESH_H

#include "base/exitcode.h"
#include "base/secret.h"
#include "system/luks.h"

enum pin_fresh {
	PIN_FRESH_NOTHING,
	PIN_FRESH_MAKE,	  /* --fresh */
	PIN_FRESH_ACCEPT, /* --accept: the disk, as it is, is the current one */
	PIN_FRESH_REMOVE, /* --no-fresh */
};

/* What the value of --fresh= demands, which is one of x-intact.fresh=. False: it is none. */
bool pin_fresh_demand(const char *value, struct pins *ret);

/* tags: with PIN_FRESH_MAKE, a digest of the integrity tags is to be made at the end of the system.
 * key: the volume key, which a passphrase has opened. Says what it did, or why not. */
enum exit_code pin_fresh(enum pin_fresh what, const char *name, const struct luks *luks,
			 const struct header *h, const struct secret *key, bool tags);

#endif
