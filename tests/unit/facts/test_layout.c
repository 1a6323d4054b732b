/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout, against disks that cryptsetup and the kernel formatted: superblocks to the byte, and
 * where their data is. (The content of journals and areas is compared in system/test_seal.)
 */
#include "base/util.h"
#include "facts/layout.h"
#include "test.h"

#define OFFSET (16ULL << 20)

static const struct row {
	const char *what;
	uint64_t size;
	unsigned tag, sector;
	unsigned char superblock[32];
	uint64_t journal, areas, last_at;
	size_t tags;
} rows[] = {
	{ "sha256, 4096", 62914560, 32, 4096,
	  "integrt\0\4\17\40\0\3\0\0\0\xe0\x59\1\0\0\0\0\0\10\0\0\0\3\14\0", 792, 3, 0x30a4000,
	  256 * 512 },
	{ "sha256, 512", 41943040, 32, 512,
	  "integrt\0\4\17\40\0\7\0\0\0\x90\xad\0\0\0\0\0\0\10\0\0\0\0\17\0", 616, 2, 0x214e000,
	  2048 * 512 },
	{ "a size that is no multiple of 4096", 41943552, 32, 512,
	  "integrt\0\4\17\40\0\7\0\0\0\x90\xad\0\0\0\0\0\0\10\0\0\0\0\17\0", 616, 2, 0x214e000,
	  2048 * 512 },
	{ "sha512", 41943040, 64, 4096,
	  "integrt\0\4\17\100\0\3\0\0\0\xa0\xb9\0\0\0\0\0\0\10\0\0\0\3\14\0", 600, 2, 0x208c000,
	  512 * 512 },
	{ "sha1", 41943040, 20, 4096,
	  "integrt\0\4\17\24\0\1\0\0\0\x70\xbd\0\0\0\0\0\0\10\0\0\0\3\14\0", 328, 2, 0x203e000,
	  160 * 512 },
	{ "sha256 and a random IV", 41943040, 48, 4096,
	  "integrt\0\4\17\60\0\2\0\0\0\xe8\xba\0\0\0\0\0\0\10\0\0\0\3\14\0", 528, 2, 0x2073000,
	  384 * 512 },
};

TEST(disks_of_the_kernel)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		unsigned char superblock[512];
		struct layout_area area;
		struct layout l, read;

		memset(&l, 0, sizeof(l));
		memset(&read, 0, sizeof(read));
		CHECK_ROW(layout_plan(row->size, OFFSET, row->tag, row->sector, &l), row->what);
		layout_superblock(&l, superblock);
		CHECK_ROW(memcmp(superblock, row->superblock, 32) == 0, row->what);
		CHECK_ROW(l.journal == row->journal && l.areas == row->areas, row->what);
		layout_area(&l, l.areas - 1, &area);
		CHECK_ROW(area.at == row->last_at && area.tags == row->tags, row->what);
		CHECK_ROW(area.at + area.tags + area.data == l.end * 512, row->what);
		/* And read again it is the same. */
		CHECK_ROW(layout_read(superblock, OFFSET, &read), row->what);
		l.bitmap_bit = read.bitmap_bit;
		CHECK_ROW(memcmp(&read, &l, sizeof(l)) == 0, row->what);
		/* The kernel leaves less than eight sectors unused. */
		CHECK_ROW(l.end * 512 <= row->size && row->size - l.end * 512 < 8 * 512, row->what);
	}
}

/* Areas follow each other without a gap, and hold every sector once. */
TEST(areas_are_one_stream)
{
	struct layout_area area;
	struct layout l;
	uint64_t at, sector = 0;

	CHECK(layout_plan(1000000000, OFFSET, 32, 4096, &l));
	at = OFFSET + LAYOUT_SUPERBLOCK + l.journal * 512;
	for (uint64_t i = 0; i < l.areas; i++) {
		layout_area(&l, i, &area);
		CHECK(area.at == at && area.sector == sector);
		CHECK(area.at % 4096 == 0 && area.tags % 4096 == 0 && area.data % 4096 == 0);
		CHECK(area.blocks * l.tag_size <= area.tags);
		at += area.tags + area.data;
		sector += area.data / 512;
	}
	CHECK_INT(sector, l.provided);
	CHECK_INT(at, l.end * 512);
}

TEST(places_on_the_disk)
{
	struct layout_area area;
	struct layout l;

	CHECK(layout_plan(1000000000, OFFSET, 28, 4096, &l));
	for (uint64_t i = 0; i < l.areas; i++) {
		layout_area(&l, i, &area);
		CHECK_INT(layout_place(&l, area.sector * 512), area.at + area.tags);
		CHECK_INT(layout_place(&l, area.sector * 512 + area.data - 1),
			  area.at + area.tags + area.data - 1);
	}
}

TEST(journal_of_unused_entries)
{
	unsigned char sector[512];
	struct layout l;

	CHECK(layout_plan(62914560, OFFSET, 32, 4096, &l));
	/* 4 entries of 104 bytes in each of 8 sectors; then data blocks. */
	CHECK_INT(l.entry_size, 104);
	CHECK_INT(l.section, 32 * 8 + 8);
	layout_journal_sector(&l, l.section + 7, sector);
	CHECK(sector[3] == 0 && sector[4] == 0xff && sector[7] == 0xff && sector[8] == 0);
	CHECK(sector[3 * 104 + 4] == 0xff && sector[4 * 104 + 4] == 0);
	/* The commit id has the section and the sector in it. */
	CHECK_INT(sector[504], 0x11 ^ 7);
	CHECK_INT(sector[508], 0x11 ^ 1);
	layout_journal_sector(&l, l.section + 8, sector);
	CHECK(sector[4] == 0);
	CHECK_INT(sector[504], 0x11 ^ 8);
}

TEST(no_room)
{
	struct layout l;

	CHECK(!layout_plan(0, OFFSET, 32, 4096, &l));
	CHECK(!layout_plan(OFFSET, OFFSET, 32, 4096, &l));
	CHECK(!layout_plan(OFFSET + 4096, OFFSET, 32, 4096, &l));
	/* superblock, the smallest journal, a run of tags, and no data */
	CHECK(!layout_plan(OFFSET + 4096 + 264 * 512 + 256 * 512, OFFSET, 32, 4096, &l));
	CHECK(!layout_plan(UINT64_MAX, OFFSET, 32, 4096, &l));
}

TEST(large_disks)
{
	static const unsigned tags[] = { 20, 32, 64, 48 };

	for (uint64_t size = 1ULL << 30; size < 1ULL << 57; size *= 3)
		for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
			struct layout_area area;
			struct layout l;

			CHECK(layout_plan(size, OFFSET, tags[i], 4096, &l));
			CHECK(l.end * 512 <= size && size - l.end * 512 < 8 * 512 + l.run * 512);
			CHECK_INT(l.journal / l.section, l.sections);
			CHECK(l.journal <= 131072);
			layout_area(&l, l.areas - 1, &area);
			CHECK_INT(area.at + area.tags + area.data, l.end * 512);
		}
}

TEST_MAIN(disks_of_the_kernel, areas_are_one_stream, places_on_the_disk, journal_of_unused_entries,
	  no_room, large_disks)
