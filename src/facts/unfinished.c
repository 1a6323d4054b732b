/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/unfinished.h"

#include "base/bytes.h"

#include <string.h>

static const unsigned char magic[8] = "intwipe";

#define VERSION 1

/* Offsets of the fields. */
#define AT_VERSION 8
#define AT_WAY 12 /* 0: computed and written to the disk; 1: through a mapping */
#define AT_NEXT 16
#define AT_AREAS 24
#define AT_SUPERBLOCK 32
#define AT_VOLUME 96
#define AT_BEGUN 128
#define AT_WRITTEN 136
#define AT_RATE 144

void unfinished_write(const struct unfinished *u, unsigned char ret[static UNFINISHED_SIZE])
{
	memset(ret, 0, UNFINISHED_SIZE);
	memcpy(ret, magic, sizeof(magic));
	put_le(ret + AT_VERSION, VERSION, 4);
	put_le(ret + AT_WAY, u->through, 4);
	put_le(ret + AT_NEXT, u->next, 8);
	put_le(ret + AT_AREAS, u->areas, 8);
	memcpy(ret + AT_SUPERBLOCK, u->superblock, sizeof(u->superblock));
	memcpy(ret + AT_VOLUME, u->volume, sizeof(u->volume));
	put_le(ret + AT_BEGUN, u->begun, 8);
	put_le(ret + AT_WRITTEN, u->written, 8);
	put_le(ret + AT_RATE, u->rate, 8);
}

bool unfinished_read(const unsigned char from[static UNFINISHED_SIZE], struct unfinished *ret)
{
	const uint64_t way = get_le(from + AT_WAY, 4);
	struct unfinished u = { .through = way == 1,
				.next = get_le(from + AT_NEXT, 8),
				.areas = get_le(from + AT_AREAS, 8),
				.begun = get_le(from + AT_BEGUN, 8),
				.written = get_le(from + AT_WRITTEN, 8),
				.rate = get_le(from + AT_RATE, 8) };

	if (memcmp(from, magic, sizeof(magic)) != 0 || get_le(from + AT_VERSION, 4) != VERSION ||
	    way > 1 || u.areas == 0 || u.next > u.areas)
		return false;
	memcpy(u.superblock, from + AT_SUPERBLOCK, sizeof(u.superblock));
	memcpy(u.volume, from + AT_VOLUME, sizeof(u.volume));
	*ret = u;
	return true;
}

unsigned unfinished_percent(const struct unfinished *u)
{
	/* In this order no number of areas wraps. */
	return u->areas < 100	   ? (unsigned)(u->next * 100 / u->areas) :
	       u->next == u->areas ? 100 :
				     (unsigned)(u->next / (u->areas / 100) < 99 ?
							u->next / (u->areas / 100) :
							99);
}
