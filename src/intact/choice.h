/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * choice: the cipher and the integrity algorithm of a new volume, from options that are named as
 * those of `cryptsetup luksFormat`; and how such a volume is written. Nothing is chosen that
 * intact-unlock would refuse to open.
 */
#ifndef INTACT_INTACT_CHOICE_H
#define INTACT_INTACT_CHOICE_H

#include "facts/header.h"

#define CHOICE_WHY 320

struct choice_options {
	const char *encryption;	     /* --cipher */
	const char *integrity;	     /* --integrity; NULL: the first one that fits */
	unsigned key_bits;	     /* --key-size; 0: the largest that the cipher has, up to 512 */
	unsigned integrity_key_bits; /* --integrity-key-size; 0: the algorithm's own */
};

/* What both are in a header. */
struct choice {
	char encryption[64], integrity[32];
	unsigned key_size;	     /* bytes, the MAC's part included */
	unsigned integrity_key_size; /* bytes, where it is not the algorithm's own; else 0 */
	unsigned tag_size;	     /* bytes, a stored IV included */
	bool computed;		     /* by this program; else by the kernel, through a mapping */
};

/* NULL; or why not, a sentence without its end, in why. */
const char *choice_make(const struct choice_options *options, struct choice *ret,
			char why[static CHOICE_WHY]);

/* The same for a header that was made here. False: it was not, or was changed since. */
bool choice_of_header(const struct header *h, struct choice *ret);

/*
 * What a person must know who takes this cipher: it draws a random number for each sector that is
 * written, and one so short that it comes twice after a while. NULL: there is nothing to say. size:
 * bytes that will be written at once.
 */
const char *choice_warning(const struct choice *choice, unsigned sector_size, uint64_t size,
			   char text[static CHOICE_WHY]);

#endif
