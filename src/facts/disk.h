/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk: all that is read of a volume's disk before any secret is asked: its LUKS2 header,
 * dm-integrity's superblock, its size, and the mapping that has the volume's name already.
 *
 * system reads it, policy judges it. An attacker may have written the disk: sizes and strings are
 * bounded, nothing else is certain.
 */
#ifndef INTACT_FACTS_DISK_H
#define INTACT_FACTS_DISK_H

#include "facts/header.h"

/* dm-integrity's superblock, at the start of the segment on the data device. */
enum superblock_state {
	SUPERBLOCK_UNCHECKED, /* no integrity, inline tags, or the data device could not be read */
	SUPERBLOCK_OK,
	SUPERBLOCK_MISSING,    /* no "integrt" magic */
	SUPERBLOCK_BAD,	       /* magic, but values dm-integrity would refuse */
	SUPERBLOCK_UNFINISHED, /* in its place: the record of a format that is not finished */
};

struct superblock {
	enum superblock_state state;
	unsigned tag_size; /* bytes a sector */
	uint64_t provided; /* bytes of data that dm-integrity offers; 0: not known */
	uint64_t needed;   /* bytes that the device below had at format time, from the start of the
			      superblock; 0: not known */
	unsigned block_size;   /* bytes; 0: not known */
	unsigned percent;      /* with SUPERBLOCK_UNFINISHED: how far it got, as the disk says */
	bool recalculating;    /* tags are being computed, or were: the mark stays when all are */
	uint64_t recalculated; /* with recalculating: the bytes of data before which all have one */
	bool discards_keyed;   /* blocks that were discarded have a tag, too */
	bool journal_mac;      /* the journal has a key of its own */
	/* Two layouts that are none of a LUKS2 volume, so that state is SUPERBLOCK_BAD: the data is
	 * on another disk; the tags are in the disk's own sectors. */
	bool separate, inline_tags;
};

/* The mapping with the volume's name: there is none, it is this volume, it is something else. */
enum active_state { ACTIVE_NONE, ACTIVE_SAME, ACTIVE_OTHER };

struct disk {
	enum header_kind kind;
	int err; /* errno (positive) with HEADER_UNREADABLE and HEADER_LUKS2_BROKEN */
	/* With a detached header: */
	bool detached;
	char where[128];  /* the device or the file that it was read from; "": not detached */
	char why[160];	  /* with ENOENT: why a file on another device cannot be read, or "" */
	bool data_failed; /* with HEADER_UNREADABLE: err is not the header's, but the data device's
			   */
	bool data_luks;	  /* the data device begins with a LUKS header, too, which is not used */
	enum header_copy first, second;
	/* With HEADER_LUKS2; else all of it is zero. */
	struct header header;
	struct superblock superblock;
	uint64_t size; /* bytes; of the data device; 0: not known */
	enum active_state active;
	char active_uuid[64]; /* with ACTIVE_OTHER */
};

#endif
