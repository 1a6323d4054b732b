/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins: what an image says that the LUKS2 header of a volume must be, beside its integrity.
 *
 * The image is made where the disk is known to be good; the header is not authenticated.
 */
#ifndef INTACT_FACTS_PINS_H
#define INTACT_FACTS_PINS_H

#include "facts/fresh.h"

/* "sha256:", 64 hexadecimal digits, NUL. */
#define PIN_DIGEST_MAX 72

struct pins {
	/* The first pin whose value makes no sense, as it is written: no disk satisfies it. */
	char bad[96];
	/* x-intact.cipher=, "aes-xts-plain64"; "": not pinned. The option has '+' for each ',',
	 * which would end it: "xchacha20+aes-adiantum-plain64". */
	char encryption[128];
	unsigned sector_size;		 /* x-intact.sector-size=, bytes; 0: not pinned */
	unsigned key_size;		 /* x-intact.key-size=, bytes of the volume key; 0 */
	enum fresh_demand fresh;	 /* x-intact.fresh= */
	bool fresh_tags;		 /* the same, with "tags" */
	char key_digest[PIN_DIGEST_MAX]; /* x-intact.volume-key=: see struct header; "" */
};

#endif
