/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_read: reads an open volume from one end to the other, past the page cache and with several
 * reads in flight, and finds each sector that cannot be read. Writes nothing.
 */
#ifndef INTACT_INTACT_SCRUB_READ_H
#define INTACT_INTACT_SCRUB_READ_H

#include "facts/scrub_state.h"

struct scrub {
	int fd;		/* open with O_DIRECT */
	unsigned block; /* bytes; the least that can be read */
	uint64_t rate;	/* bytes a second at most; 0: as fast as the disk, but give way to others */
	struct scrub_state state;
};

struct scrub_progress {
	uint64_t done, total, rate, seconds; /* as for tell_progress() */
	uint64_t bad;			     /* bytes */
	bool crowded; /* others never leave the disks alone: it reads a tenth of the time */
};

/*
 * Reads from state.position on. seen is called about once a second, save every half minute.
 * Bad sectors are read once more at the end: one that was written meanwhile is good.
 *
 * 0: all was read; -EINTR: a signal asked for the end; -ENODEV and others: the volume has gone.
 */
int scrub_read(struct scrub *s, void (*seen)(void *arg, const struct scrub_progress *progress),
	       void (*save)(void *arg), void *arg);

/* Reads the bad sectors once more; those that can be read now drop out. The same values. */
int scrub_read_bad(struct scrub *s);

#endif
