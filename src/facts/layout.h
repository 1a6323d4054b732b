/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: where dm-integrity keeps what on a disk: its superblock, its journal, and then areas of
 * 16 MiB of data with a run of integrity tags before each.
 *
 * All from drivers/md/dm-integrity.c, for tags on the same disk as the data: planned for a device
 * that the kernel formats with its own defaults (superblock version 4, no MAC of the journal), or
 * read from a superblock.
 */
#ifndef INTACT_FACTS_LAYOUT_H
#define INTACT_FACTS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYOUT_SUPERBLOCK 4096 /* bytes; only the first 64 are not zero */
#define LAYOUT_AREA_SECTORS 32768
#define LAYOUT_AREA_BYTES (LAYOUT_AREA_SECTORS * 512)

struct layout {
	uint64_t offset;      /* bytes; of the superblock on the disk */
	unsigned sector_size; /* bytes, 512 to 4096 */
	unsigned tag_size;    /* bytes, of one sector */
	unsigned interleave;  /* log2 of the sectors of an area, 15 by default */
	/* In sectors of 512 bytes. */
	uint64_t journal;    /* from 8 after the superblock on */
	uint64_t provided;   /* the data that the mapping shows */
	uint64_t run;	     /* the tags of one area */
	uint64_t areas;	     /* the last one may be shorter */
	uint64_t end;	     /* of the last area, on the disk */
	unsigned entry_size; /* bytes, of an entry of the journal */
	unsigned entries;    /* of a section */
	unsigned section;    /* sectors of a section */
	unsigned sections;
	unsigned bitmap_bit; /* log2 of the blocks of one bit of a bitmap, which is not used here */
};

/* An area: tags and data lie one after the other. */
struct layout_area {
	uint64_t at;	 /* bytes; of the tags on the disk */
	uint64_t sector; /* of the first data, in the mapping, 512 bytes each */
	size_t tags;	 /* bytes of the run, of which the last may be unused */
	size_t data;	 /* bytes */
	size_t blocks;	 /* encryption sectors in data */
};

/* False: the disk of size bytes has no room for any data. */
bool layout_plan(uint64_t size, uint64_t offset, unsigned tag_size, unsigned sector_size,
		 struct layout *ret);

/* The layout that a superblock at this offset describes; its magic was seen. False: dm-integrity
 * would refuse it, or the tags are elsewhere. */
bool layout_read(const unsigned char sb[static 64], uint64_t offset, struct layout *ret);

/* The superblock's first sector; the other seven are zero. */
void layout_superblock(const struct layout *l, unsigned char ret[static 512]);
/* Sector number of the journal, as it is when nothing was ever written through it. */
void layout_journal_sector(const struct layout *l, uint64_t number, unsigned char ret[static 512]);
/* Area number, below l->areas. */
void layout_area(const struct layout *l, uint64_t number, struct layout_area *ret);
/* Where on the disk a byte of the mapping is; both in bytes, the first below l->provided * 512. */
uint64_t layout_place(const struct layout *l, uint64_t offset);

#endif
