/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digest of the tags of a file that is laid out as a disk. Linked as the programs are.
 */
#include "system/tags_read.h"

#include "base/util.h"
#include "system/seal_fast.h"
#include "system/sha256.h"
#include "test.h"

#include <fcntl.h>

#define OFFSET (1 << 20)
#define SIZE (OFFSET + 70 * 1000 * 1000)

static struct layout layout;
static int fd = -1;
static char node[64];

/* A disk of which all is zeros but the superblock. */
static bool make(unsigned tag, unsigned sector)
{
	unsigned char sb[512];
	char name[] = "tags-XXXXXX";

	if (fd >= 0)
		close(fd);
	fd = mkostemp(name, O_CLOEXEC);
	(void)unlink(name);
	(void)snprintf(node, sizeof(node), "/proc/self/fd/%d", fd);
	if (fd < 0 || ftruncate(fd, SIZE) < 0 || !layout_plan(SIZE, OFFSET, tag, sector, &layout))
		return false;
	layout_superblock(&layout, sb);
	return pwrite(fd, sb, sizeof(sb), OFFSET) == sizeof(sb);
}

static struct tags_reading read_tags(void)
{
	struct tags_reading reading;

	tags_read(node, 0, OFFSET, now_ms() + 60000, NULL, &reading);
	return reading;
}

static void flip(uint64_t at)
{
	unsigned char byte = 0;

	CHECK(pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= 1;
	CHECK(pwrite(fd, &byte, 1, (off_t)at) == 1);
}

/* What facts/tags.h says, in another way: all of a unit at once, and no instructions of its own. */
static void join(unsigned char hash[static 32], const unsigned char more[static 32])
{
	unsigned char both[64];

	memcpy(both, hash, 32);
	memcpy(both + 32, more, 32);
	CHECK(sha256(both, 64, hash));
}

static void hash_unit(uint64_t at, size_t len, unsigned char ret[static 32])
{
	unsigned char *bytes = xcalloc(1, len), halves[64], piece[32];

	memset(ret, 0, 32);
	CHECK(pread(fd, bytes, len, (off_t)at) == (ssize_t)len);
	for (size_t i = 0; i < len; i += TAGS_PIECE) {
		size_t half = (len - i < TAGS_PIECE ? len - i : TAGS_PIECE) / 2;

		CHECK(sha256(bytes + i, half, halves) &&
		      sha256(bytes + i + half, half, halves + 32));
		CHECK(sha256(halves, 64, piece));
		join(ret, piece);
	}
	free(bytes);
}

TEST(digest)
{
	static const unsigned tags[] = { 32, 80, 28 }, sectors[] = { 4096, 512, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		unsigned char digest[32] = { 0 }, unit[32];
		struct layout_area area;
		struct tags_reading r;

		CHECK(make(tags[i], sectors[i]));
		for (uint64_t at = OFFSET + 5000; at < SIZE; at += 30011)
			flip(at);
		hash_unit(OFFSET, LAYOUT_SUPERBLOCK + layout.journal * 512, unit);
		join(digest, unit);
		for (uint64_t n = 0; n < layout.areas; n++) {
			layout_area(&layout, n, &area);
			hash_unit(area.at, area.tags, unit);
			join(digest, unit);
		}
		r = read_tags();
		CHECK_INT(r.err, 0);
		CHECK_INT(r.layout.areas, layout.areas);
		CHECK(memcmp(r.tags.digest, digest, 32) == 0);
	}
}

/* One bit of a tag, of the superblock or of the journal; and not of the data. */
TEST(changes)
{
	struct tags_reading first, now;
	struct tags_difference d;
	struct layout_area area;

	CHECK(make(32, 4096));
	first = read_tags();
	CHECK_INT(first.err, 0);
	for (uint64_t n = 0; n < layout.areas; n++) {
		layout_area(&layout, n, &area);
		for (size_t i = 0; i < 3; i++) {
			const uint64_t at = area.at + (i == 0 ? 0 :
						       i == 1 ? area.tags / 2 :
								area.tags - 1);

			flip(at);
			now = read_tags();
			CHECK(memcmp(first.tags.digest, now.tags.digest, 32) != 0);
			tags_compare(&first.tags, &now.tags, layout.areas, &d);
			CHECK(d.known && !d.first && d.at_least == 1 && d.from == n && d.to == n);
			flip(at);
		}
		flip(area.at + area.tags);
		flip(area.at + area.tags + area.data - 1);
		now = read_tags();
		CHECK(memcmp(first.tags.digest, now.tags.digest, 32) == 0);
	}
	flip(OFFSET + 4095);
	now = read_tags();
	tags_compare(&first.tags, &now.tags, layout.areas, &d);
	CHECK(d.first && memcmp(first.tags.digest, now.tags.digest, 32) != 0);
	flip(OFFSET + 4095);
	flip(OFFSET + LAYOUT_SUPERBLOCK + layout.journal * 512 - 1);
	now = read_tags();
	tags_compare(&first.tags, &now.tags, layout.areas, &d);
	CHECK(d.first && memcmp(first.tags.digest, now.tags.digest, 32) != 0);
}

/* Two runs that changed places. */
TEST(exchanged)
{
	struct tags_reading first, now;
	struct layout_area a, b;

	CHECK(make(32, 4096));
	layout_area(&layout, 0, &a);
	layout_area(&layout, 1, &b);
	flip(a.at + 7);
	first = read_tags();
	flip(a.at + 7);
	flip(b.at + 7);
	now = read_tags();
	CHECK(first.err == 0 && now.err == 0);
	CHECK(memcmp(first.tags.digest, now.tags.digest, 32) != 0);
}

TEST(failures)
{
	struct tags_reading r;

	CHECK(make(32, 4096));
	tags_read(node, 0, OFFSET, now_ms(), NULL, &r);
	CHECK_INT(r.err, -ETIMEDOUT);
	CHECK_INT(r.tags.state, TAGS_NONE);
	/* Not the disk that was judged. */
	tags_read(node, 77, OFFSET, now_ms() + 60000, NULL, &r);
	CHECK_INT(r.err, -ENODEV);
	tags_read("/nonexistent", 0, OFFSET, now_ms() + 60000, NULL, &r);
	CHECK_INT(r.err, -ENOENT);
	tags_read(node, 0, OFFSET + 4096, now_ms() + 60000, NULL, &r);
	CHECK_INT(r.err, -ENOTSUP);
	/* The disk ends before the last run. */
	CHECK(ftruncate(fd, OFFSET + (40 << 20)) == 0);
	CHECK_INT(read_tags().err, -ENODATA);
}

/* With the processor's instructions, where it has them, the hashes are the same. */
TEST(hashes)
{
	unsigned char bytes[640], a[32], b[32], again[32];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t len = 64; len <= 320; len += 64) {
		if (!seal_fast_hashes(bytes, bytes + len, len, a, b))
			return;
		CHECK(sha256(bytes, len, again) && memcmp(a, again, 32) == 0);
		CHECK(sha256(bytes + len, len, again) && memcmp(b, again, 32) == 0);
	}
}

TEST_MAIN(digest, changes, exchanged, failures, hashes)
