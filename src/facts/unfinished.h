/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unfinished: the record of a format that is under way, in the place of dm-integrity's superblock.
 *
 * Neither the kernel nor libcryptsetup opens a volume whose superblock is not there, and the
 * superblock is the last thing that a format writes: a half-wiped volume cannot be taken for a
 * finished one. The record is a hint of how much is done: it may be too low, never too high.
 */
#ifndef INTACT_FACTS_UNFINISHED_H
#define INTACT_FACTS_UNFINISHED_H

#include <stdbool.h>
#include <stdint.h>

#define UNFINISHED_SIZE 512
#define UNFINISHED_MAC_AT 480 /* HMAC-SHA-256 over all bytes before it */
#define UNFINISHED_MAC 32

struct unfinished {
	bool through;	/* the kernel writes the areas, through a mapping */
	uint64_t next;	/* all areas below are on the disk */
	uint64_t areas; /* never 0 */
	unsigned char superblock[64];
	unsigned char volume[32]; /* digest of what the LUKS2 header says of the data */
	uint64_t begun, written;  /* seconds since 1970 */
	uint64_t rate;		  /* bytes a second so far */
};

/* All but the MAC, which stays zero. */
void unfinished_write(const struct unfinished *u, unsigned char ret[static UNFINISHED_SIZE]);
/* False: this is no such record. The MAC is not looked at. */
bool unfinished_read(const unsigned char from[static UNFINISHED_SIZE], struct unfinished *ret);
/* Percent, 0 to 100. */
unsigned unfinished_percent(const struct unfinished *u);

#endif
