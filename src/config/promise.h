/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * promise: what an image promises about the LUKS2 header of a volume, fact by fact: as the options
 * of crypttab write it, and as the header has it.
 */
#ifndef INTACT_CONFIG_PROMISE_H
#define INTACT_CONFIG_PROMISE_H

#include "config/volume.h"

enum promise {
	PROMISE_INTEGRITY,
	PROMISE_CIPHER,
	PROMISE_SECTOR_SIZE,
	PROMISE_KEY_SIZE,
	PROMISE_VOLUME_KEY,
	PROMISE_FRESH,
	PROMISES, /* how many there are */
};

/* Room for the value of any of them. */
#define PROMISE_MAX 160

/* The option's name ("x-intact.cipher"), and the fact's for a sentence ("the cipher"). */
const char *promise_option(enum promise p);
const char *promise_fact(enum promise p);

/* What the volume must have, as the option's value; "": nothing, or (PROMISE_INTEGRITY) any. */
void promise_of_volume(const struct volume *v, enum promise p, char ret[static PROMISE_MAX]);
/* What the header has, as the option's value; "": not known. The bytes are the disk's: use them
 * only when the header may be opened (policy/allowed.h). */
void promise_of_header(const struct header *h, enum promise p, char ret[static PROMISE_MAX]);

/* All that the volume must have, as crypttab's options: "x-intact.integrity=hmac(sha256),…", or "".
 * The caller frees it. config_options() reads it back. */
char *promise_options(const struct volume *v);

#endif
