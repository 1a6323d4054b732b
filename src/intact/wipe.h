/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wipe: writes every area of a volume, with its integrity tags, and keeps the record of how far it
 * got (facts/unfinished.h). Two ways: computed here and written to the disk itself, with one worker
 * thread for each processor; or as zeros through a mapping of the volume, in which the kernel
 * computes, with several writes under way at once.
 */
#ifndef INTACT_INTACT_WIPE_H
#define INTACT_INTACT_WIPE_H

#include "facts/layout.h"
#include "facts/unfinished.h"
#include "system/seal.h"

#include <signal.h>
#include <sys/types.h>

#define WIPE_BLOCK 4096 /* every write is a multiple of it, at a multiple of it */

struct wipe {
	int fd; /* of the disk or the image, for reading and writing */
	const struct layout *layout;
	/* Computed here. */
	const struct seal *seal;
	struct seal_sizes sizes;
	/* Through a mapping: it is open while areas are written and compared. The record is written
	 * to the disk all the same. */
	bool through;
	int mapping;
	unsigned char record_key[32];
	/* What the record on the disk says, or is to say. */
	struct unfinished record;
	unsigned record_ms; /* between two records; 0: as it is meant to be */
	/* After a failure: where, and how often it was tried. */
	uint64_t bad_offset; /* bytes; on the disk; 0: not known */
	unsigned tries;
};

/* How far it is. */
struct wipe_progress {
	uint64_t done, total; /* bytes of data */
	uint64_t rate;	      /* bytes a second; 0: not known yet */
	uint64_t seconds;     /* that are left; 0: not known */
};

/* The key of the record's MAC, from the volume key. */
bool wipe_record_key(const unsigned char *key, size_t key_size, unsigned char ret[static 32]);
/* Puts the MAC at the end of a record, or compares it. */
bool wipe_record_sign(const unsigned char key[static 32], unsigned char *record);
bool wipe_record_genuine(const unsigned char key[static 32], const unsigned char *record);

/* What errno says, as a negative one. -EIO stands for all that a disk says of its own failures: a
 * sector that it cannot write or read is ENODATA from SCSI and NVMe, and EREMOTEIO when it refuses
 * the request. */
int wipe_failure(void);

/* Writes at once, at a multiple of WIPE_BLOCK, from memory of such a multiple; 0 or a negative
 * errno. -ENOSPC: the disk or the image ends there. */
int wipe_write(int fd, const void *data, size_t len, uint64_t offset);

/* Flushes what was written through the mapping, and to the disk. */
int wipe_flush(const struct wipe *w);
/* Room for the tags and the data of an area, and memory for it, zeroed (NULL: there is none). */
size_t wipe_buffer_size(const struct layout *l);
void *wipe_buffer(size_t size);
/* An area as it lies on the disk: the tags, then the data. 0 or a negative errno. */
int wipe_compute(const struct wipe *w, const struct layout_area *area, unsigned char *buffer);

/* These flush the disk. 0 or a negative errno. */
int wipe_first(const struct wipe *w); /* the first area alone, without a record */
int wipe_superblock(const struct wipe *w);
int wipe_journal(const struct wipe *w);
int wipe_record(struct wipe *w);

/*
 * A second place for the superblock while the record is in the first: the last block before the
 * data, after the keyslots of the header. intact/temporary.h makes the mapping of the disk that has
 * this block where the record is; nothing else looks for a superblock there. -EEXIST: something
 * else is stored in that block.
 */
#define WIPE_ASIDE 4096 /* bytes before the data */
int wipe_aside(const struct wipe *w);
int wipe_clear_aside(const struct wipe *w);

/*
 * From the first to the second, Ctrl-C, SIGTERM and SIGHUP wait for wipe_areas(), which ends with
 * -EINTR; what comes when all is written is forgotten.
 */
void wipe_hold_signals(sigset_t *ret_before);
void wipe_release_signals(const sigset_t *before);

/*
 * Writes the areas from w->record.next up to end, flushes the disk and writes the record every few
 * seconds, and once more at the end or when stopped. seen is called about once a second. stop: a
 * signal asks for the end; it is looked at between two areas, or two writes through the mapping.
 *
 * 0: all is written and flushed. -EINTR: stopped; the record says how far. -EIO, -ENODEV, -ENOSPC
 * or another negative errno: the disk failed at w->bad_offset.
 */
int wipe_areas(struct wipe *w, uint64_t end,
	       void (*seen)(void *arg, const struct wipe_progress *progress), void *arg);

/* Reads pieces of up to 1 MiB, the first, the last and others anywhere, with their tags, and
 * compares them with what was to be written; through the mapping, the kernel checks their tags,
 * too. *ret_n: how many. 0; -EILSEQ: another content, in the data at w->bad_offset or its tags; or
 * another errno. */
int wipe_compare(struct wipe *w, uint64_t *ret_n);

#endif
