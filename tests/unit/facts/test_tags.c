/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/tags.h"

#include "base/util.h"
#include "test.h"

#define OFFSET (16ULL << 20)

static bool begin(uint64_t size, unsigned tag, unsigned sector, struct tags_walk *ret)
{
	unsigned char superblock[512];
	struct layout l;

	if (!layout_plan(size, OFFSET, tag, sector, &l))
		return false;
	layout_superblock(&l, superblock);
	return tags_begin(superblock, OFFSET, ret);
}

/* Every byte from the superblock to the first data, and every run of tags, is read once and in
 * ascending order; and nothing else. The layout is the one that `intact format` writes by. */
TEST(walk)
{
	static const struct {
		const char *what;
		uint64_t size;
		unsigned tag, sector;
	} rows[] = {
		{ "hmac-sha256", 1000000000, 32, 4096 },
		{ "a run of several pieces", 1000000000, 32, 512 },
		{ "hmac-sha512 and a random IV", 300000000, 80, 4096 },
		{ "aes-gcm", 200000000, 28, 4096 },
		{ "one area", 30000000, 32, 4096 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t at = OFFSET, bytes = 0, unit = 0;
		struct layout_area area = { .data = 0 };
		struct tags_piece piece;
		struct tags_walk walk;
		struct layout l;

		CHECK_ROW(begin(rows[i].size, rows[i].tag, rows[i].sector, &walk), rows[i].what);
		CHECK(layout_plan(rows[i].size, OFFSET, rows[i].tag, rows[i].sector, &l));
		while (tags_next(&walk, &piece)) {
			if (piece.unit != unit) {
				unit++;
				layout_area(&l, unit - 1, &area);
				at = area.at;
			}
			CHECK_ROW(piece.unit == unit && piece.offset == at, rows[i].what);
			CHECK_ROW(piece.len > 0 && piece.len <= TAGS_PIECE && piece.len % 512 == 0,
				  rows[i].what);
			at += piece.len;
			bytes += piece.len;
			CHECK_ROW(piece.last == (at == (unit ? area.at + area.tags :
							       OFFSET + LAYOUT_SUPERBLOCK +
									l.journal * 512)),
				  rows[i].what);
		}
		CHECK_ROW(unit == l.areas && bytes == tags_size(&l), rows[i].what);
		/* With 4096-byte sectors it is less than a hundredth of the disk, and the journal.
		 */
		CHECK_ROW(rows[i].sector != 4096 || rows[i].tag != 32 ||
				  bytes < rows[i].size / 100 + l.journal * 512,
			  rows[i].what);
	}
}

TEST(no_walk)
{
	unsigned char superblock[512];
	struct tags_walk walk;
	struct layout l;

	CHECK(layout_plan(1000000000, OFFSET, 32, 4096, &l));
#define REFUSED(change)                                        \
	do {                                                   \
		layout_superblock(&l, superblock);             \
		CHECK(tags_begin(superblock, OFFSET, &walk));  \
		change;                                        \
		CHECK(!tags_begin(superblock, OFFSET, &walk)); \
	} while (0)
	REFUSED(superblock[0] = 'I');
	REFUSED(superblock[8] = 8);
	REFUSED(superblock[9] = 2);
	REFUSED(superblock[9] = 32);
	REFUSED(superblock[10] = 0);
	REFUSED(superblock[11] = 1);
	REFUSED(superblock[12] = superblock[13] = 0);
	REFUSED(superblock[16] = 1);
	REFUSED(superblock[24] |= 0x20);
	REFUSED(superblock[28] = 4);
	/* Areas of eight sectors: more runs than are counted. */
	REFUSED((superblock[9] = 3, superblock[20] = 1));
}

static void hash_of(uint64_t n, unsigned char ret[static 32])
{
	for (unsigned i = 0; i < 32; i++, n = n * 6364136223846793005u + 1442695040888963407u)
		ret[i] = (unsigned char)(n >> 56);
}

/* The sums of so many runs, of which those in changed are other ones. */
static void sum(uint64_t runs, const uint64_t *changed, size_t n, struct tags *ret)
{
	unsigned char hash[32];

	tags_sums_begin(runs, ret);
	for (uint64_t i = 0; i <= runs; i++) {
		hash_of(i * 2, hash);
		for (size_t k = 0; k < n; k++)
			if (changed[k] == i)
				hash_of(i * 2 + 1, hash);
		tags_sums_add(ret, i, hash);
	}
}

/* One run that differs is named exactly; of several, where they all are, and a lower limit. */
TEST(places)
{
	static const struct {
		const char *what;
		uint64_t runs, changed[4];
		size_t n;
		bool known, first;
		uint64_t at_least, from, to;
	} rows[] = {
		{ "nothing", 100, { 0 }, 0, false, false, 0, 0, 0 },
		{ "the journal", 100, { 0 }, 1, false, true, 0, 0, 0 },
		{ "the first run", 100, { 1 }, 1, true, false, 1, 0, 0 },
		{ "the last run", 100, { 100 }, 1, true, false, 1, 99, 99 },
		{ "one of many", 131072, { 77778 }, 1, true, false, 1, 77777, 77777 },
		{ "run and journal", 40000, { 0, 39001 }, 2, true, true, 1, 39000, 39000 },
		{ "two neighbours", 40000, { 65, 66 }, 2, true, false, 2, 64, 65 },
		{ "two far apart", 40000, { 1, 40000 }, 2, true, false, 2, 0, 39999 },
		{ "three", 1000, { 101, 102, 110 }, 3, true, false, 3, 100, 109 },
		{ "the only run", 1, { 1 }, 1, true, false, 1, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tags was, is;
		struct tags_difference d;
		char text[TAGS_SUMS_TEXT];
		struct tags read = { .state = TAGS_TAKEN };

		sum(rows[i].runs, NULL, 0, &was);
		sum(rows[i].runs, rows[i].changed, rows[i].n, &is);
		tags_compare(&was, &is, rows[i].runs, &d);
		CHECK_ROW(d.known == rows[i].known && d.first == rows[i].first, rows[i].what);
		CHECK_ROW(d.at_least == rows[i].at_least, rows[i].what);
		CHECK_ROW(!d.known || (d.from <= rows[i].from && d.to >= rows[i].to), rows[i].what);
		CHECK_ROW(rows[i].at_least != 1 || (d.from == rows[i].from && d.to == rows[i].to),
			  rows[i].what);
		CHECK_ROW(d.to < rows[i].runs, rows[i].what);
		tags_sums_write(&is, text);
		CHECK_ROW(tags_sums_read(text, &read), rows[i].what);
		CHECK_ROW(memcmp(&read, &is, sizeof(is)) == 0, rows[i].what);
		/* Without sums it is not known where. */
		was.digits = 0;
		tags_compare(&was, &is, rows[i].runs, &d);
		CHECK_ROW(!d.known && !d.first, rows[i].what);
	}
}

TEST(texts)
{
	struct tags tags = { .state = TAGS_WANTED };
	char text[8 * (1 + 6 * 32) + 1];

	tags_sums_write(&tags, text);
	CHECK_STR(text, "");
	CHECK(tags_sums_read("", &tags) && tags.digits == 0);
	CHECK(!tags_sums_read("00000000", &tags));
	tags_sums_begin(1000, &tags);
	CHECK_INT(tags.digits, 2);
	tags_sums_write(&tags, text);
	CHECK_INT(strlen(text), 8 * 65);
	CHECK(tags_sums_read(text, &tags));
	text[8 * 65 - 1] = 'g';
	CHECK(!tags_sums_read(text, &tags));
	text[8 * 65 - 1] = '\0';
	CHECK(!tags_sums_read(text, &tags));
	text[8 * 64] = '\0';
	CHECK(!tags_sums_read(text, &tags));
	tags_sums_begin(UINT64_MAX, &tags);
	CHECK_INT(tags.digits, TAGS_DIGITS);
	memset(text, '0', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK(!tags_sums_read(text, &tags));
}

/* Everything that is in them changes the bytes. */
TEST(bytes)
{
	unsigned char first[TAGS_BYTES], other[TAGS_BYTES];
	struct tags base = { .state = TAGS_TAKEN, .digits = 1 }, tags;

	memset(first, 1, sizeof(first));
	memset(other, 2, sizeof(other));
	tags_bytes(&base, first);
	tags_bytes(&base, other);
	CHECK(memcmp(first, other, sizeof(first)) == 0);
#define DIFFERS(change)                                          \
	do {                                                     \
		tags = base;                                     \
		change;                                          \
		tags_bytes(&tags, other);                        \
		CHECK(memcmp(first, other, sizeof(first)) != 0); \
	} while (0)
	DIFFERS(tags.state = TAGS_WANTED);
	DIFFERS(tags.digest[31] = 1);
	DIFFERS(tags.digits = 2);
	DIFFERS(tags.first = 1);
	DIFFERS(tags.sums[0][0] = 1);
	DIFFERS(tags.sums[TAGS_DIGITS - 1][TAGS_BASE - 1] = 1);
}

TEST_MAIN(walk, no_walk, places, texts, bytes)
