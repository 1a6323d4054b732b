/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/layout.h"

#include "base/bytes.h"

#include <string.h>

#define LOG2_INTERLEAVE 15
#define SUPERBLOCK_VERSION 4
#define SUPERBLOCK_VERSION_MAX 7 /* that is known */
#define FLAG_JOURNAL_MAC 0x1
#define FLAG_FIXED_PADDING 0x8
#define FLAG_INLINE 0x20
#define PADDING_SECTORS 8
#define PADDING_BEFORE 256 /* sectors; without FLAG_FIXED_PADDING */
#define LOG2_INTERLEAVE_MIN 3
#define LOG2_INTERLEAVE_MAX 31
#define LOG2_BLOCKS_MAX 3
#define TAG_MAX 255
#define JOURNAL_BLOCK 8	   /* sectors of a section that hold entries */
#define JOURNAL_DATA 504   /* bytes of such a sector; a commit id ends it */
#define JOURNAL_MAC 8	   /* of these, where the journal is authenticated */
#define JOURNAL_MAX 131072 /* sectors */
#define JOURNAL_FACTOR 7   /* a 128th of the disk */
#define COMMIT_ID 0x1111111111111111ULL
#define LOG2_BITMAP_BIT 15 /* sectors, at least */

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static unsigned log2_blocks(const struct layout *l)
{
	unsigned log2 = 0;

	while (512U << log2 < l->sector_size)
		log2++;
	return log2;
}

/* calculate_journal_section_size() */
static void plan_section(struct layout *l, bool mac)
{
	unsigned blocks = l->sector_size / 512;

	l->entry_size = (unsigned)round_up(8 + 8 * blocks + l->tag_size, 8);
	l->entries = (JOURNAL_DATA - (mac ? JOURNAL_MAC : 0)) / l->entry_size * JOURNAL_BLOCK;
	l->section = l->entries * blocks + JOURNAL_BLOCK;
}

/* initialize_superblock() */
static void plan_journal(struct layout *l, uint64_t disk)
{
	uint64_t wanted = disk >> JOURNAL_FACTOR < JOURNAL_MAX ? disk >> JOURNAL_FACTOR :
								 JOURNAL_MAX;

	plan_section(l, false);
	l->sections = (unsigned)(wanted / l->section);
	if (l->sections == 0)
		l->sections = 1;
	l->journal = (uint64_t)l->sections * l->section;
}

/* get_data_sector() of the mapping's sector */
static uint64_t data_sector(const struct layout *l, uint64_t sector)
{
	uint64_t area = sector >> l->interleave;

	return l->offset / 512 + LAYOUT_SUPERBLOCK / 512 + l->journal + sector +
	       (area + 1) * l->run;
}

/* get_provided_data_sectors() */
static void plan_data(struct layout *l, uint64_t disk)
{
	l->provided = 0;
	for (unsigned bit = 50; bit >= 3; bit--) {
		uint64_t more = l->provided | 1ULL << bit;

		if (data_sector(l, more - 1) < disk)
			l->provided = more;
	}
}

/* What dm_integrity_ctr() puts into a superblock for a bitmap in the place of the journal. */
static void plan_bitmap(struct layout *l)
{
	uint64_t bits = l->journal << (9 + 3);
	unsigned log2 = LOG2_BITMAP_BIT;

	while (bits < (l->provided + (1ULL << log2) - 1) >> log2)
		log2++;
	l->bitmap_bit = log2 - log2_blocks(l);
}

static void plan_run(struct layout *l, unsigned padding)
{
	l->run = round_up((uint64_t)l->tag_size << (l->interleave - log2_blocks(l)),
			  padding * 512ULL) /
		 512;
}

static void plan_end(struct layout *l)
{
	l->areas = ((l->provided - 1) >> l->interleave) + 1;
	l->end = data_sector(l, l->provided - 1) + 1;
}

bool layout_plan(uint64_t size, uint64_t offset, unsigned tag_size, unsigned sector_size,
		 struct layout *ret)
{
	struct layout l = { .offset = offset,
			    .sector_size = sector_size,
			    .tag_size = tag_size,
			    .interleave = LOG2_INTERLEAVE };
	uint64_t disk = size / 512;

	if (size > 1ULL << 62 || offset >= size)
		return false;
	plan_journal(&l, disk);
	plan_run(&l, PADDING_SECTORS);
	plan_data(&l, disk);
	if (l.provided == 0)
		return false;
	plan_bitmap(&l);
	plan_end(&l);
	*ret = l;
	return true;
}

/* dm_integrity_ctr(), calculate_device_limits() */
bool layout_read(const unsigned char sb[static 64], uint64_t offset, struct layout *ret)
{
	const unsigned flags = (unsigned)get_le(sb + 24, 4), blocks = sb[28];
	struct layout l = { .offset = offset,
			    .tag_size = (unsigned)get_le(sb + 10, 2),
			    .interleave = sb[9],
			    .sections = (unsigned)get_le(sb + 12, 4),
			    .provided = get_le(sb + 16, 8) };

	if (offset > 1ULL << 62 || offset % 512 != 0 || sb[8] == 0 ||
	    sb[8] > SUPERBLOCK_VERSION_MAX || flags & FLAG_INLINE || l.tag_size == 0 ||
	    l.tag_size > TAG_MAX || l.sections == 0 || l.interleave < LOG2_INTERLEAVE_MIN ||
	    l.interleave > LOG2_INTERLEAVE_MAX || blocks > LOG2_BLOCKS_MAX || l.provided == 0 ||
	    l.provided > UINT64_MAX >> 12 || l.provided % (1U << blocks) != 0)
		return false;
	l.sector_size = 512U << blocks;
	plan_section(&l, flags & FLAG_JOURNAL_MAC);
	l.journal = (uint64_t)l.sections * l.section;
	plan_run(&l, flags & FLAG_FIXED_PADDING ? PADDING_SECTORS : PADDING_BEFORE);
	l.bitmap_bit = sb[29];
	plan_end(&l);
	*ret = l;
	return true;
}

void layout_superblock(const struct layout *l, unsigned char ret[static 512])
{
	memset(ret, 0, 512);
	memcpy(ret, "integrt", 8);
	ret[8] = SUPERBLOCK_VERSION;
	ret[9] = LOG2_INTERLEAVE;
	put_le(ret + 10, l->tag_size, 2);
	put_le(ret + 12, l->sections, 4);
	put_le(ret + 16, l->provided, 8);
	put_le(ret + 24, FLAG_FIXED_PADDING, 4);
	ret[28] = (unsigned char)log2_blocks(l);
	ret[29] = (unsigned char)l->bitmap_bit;
}

/* init_journal(): every entry is unused, every commit id the first one. */
void layout_journal_sector(const struct layout *l, uint64_t number, unsigned char ret[static 512])
{
	uint64_t section = number / l->section, at = number % l->section;

	memset(ret, 0, 512);
	if (at < JOURNAL_BLOCK)
		for (unsigned i = 0; i < l->entries / JOURNAL_BLOCK; i++)
			memset(ret + i * l->entry_size + 4, 0xff, 4);
	put_le(ret + JOURNAL_DATA, COMMIT_ID ^ (section << 32 ^ at), 8);
}

void layout_area(const struct layout *l, uint64_t number, struct layout_area *ret)
{
	uint64_t sector = number << l->interleave, left = l->provided - sector;

	if (left > 1ULL << l->interleave)
		left = 1ULL << l->interleave;
	*ret = (struct layout_area){ .at = (data_sector(l, sector) - l->run) * 512,
				     .sector = sector,
				     .tags = l->run * 512,
				     .data = left * 512,
				     .blocks = left * 512 / l->sector_size };
}

uint64_t layout_place(const struct layout *l, uint64_t offset)
{
	return data_sector(l, offset / 512) * 512 + offset % 512;
}
