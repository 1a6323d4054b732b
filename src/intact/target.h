/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: the disk that a format writes to, or an image file: judged, claimed exclusively, and kept
 * open from then on.
 */
#ifndef INTACT_INTACT_TARGET_H
#define INTACT_INTACT_TARGET_H

#include "facts/devref.h"
#include "intact/tell.h"

struct target {
	const char *path; /* as the user named it */
	bool image;	  /* a file */
	int fd;		  /* for reading and writing; past the page cache where that is possible */
	int claim;	  /* keeps all others away; -1 while a mapping stands on the disk */
	int lock;	  /* keeps other formats of the same disk away, all the time; -1: none */
	uint64_t size;	  /* bytes */
	struct device device; /* of a disk: what is on it */
};

/* Nothing is open. */
#define TARGET_NONE ((struct target){ .fd = -1, .claim = -1, .lock = -1 })

/*
 * Opens and judges it. What a format that was killed left on it is removed. Refused, with the
 * reason: what is in use in any way (mounted, swap, a mapping, a part of an array, LVM or a
 * multipath map), read-only, not what it should be, or smaller than anything that could be
 * protected.
 */
enum exit_code target_open(struct target *ret, const char *path, bool image, struct tell *tell);
void target_close(struct target *target);

/* Gives the claim up, so that the kernel can open the volume; and takes it again. 0; -EBUSY:
 * another program has taken the disk meanwhile; -ENODEV: it is another disk. */
void target_release(struct target *target);
int target_claim(struct target *target);

/* Has the disk been pulled out? */
bool target_gone(const struct target *target);

#endif
