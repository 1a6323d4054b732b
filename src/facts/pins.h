/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins: what an image says that the LUKS2 header of a volume must be, beside its integrity.
 *
 * The image is made where the disk is known to be good; the header is not authenticated.
 */
#ifndef INTACT_FACTS_PINS_H
#define INTACT_FACTS_PINS_H

/* "sha256:", 64 hexadecimal digits, NUL. */
#define PIN_DIGEST_MAX 72

struct pins {
	char encryption[128];		 /* x-intact.cipher=: "aes-xts-plain64"; "": not pinned */
	unsigned sector_size;		 /* x-intact.sector-size=, bytes; 0: not pinned */
	unsigned key_size;		 /* x-intact.key-size=, bytes of the volume key; 0 */
	char key_digest[PIN_DIGEST_MAX]; /* x-intact.volume-key=: see struct header; "" */
};

#endif
