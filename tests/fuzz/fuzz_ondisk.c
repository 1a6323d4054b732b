/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two copies of a LUKS2 header and a dm-integrity superblock, in a file that holds a good one
 * of each. The input: what is made of it (bits), where the second copy lies, how long the file is,
 * and then bytes that are written into it: offset (2 bytes), place, value.
 */
#include "fuzz.h"
#include "system/ondisk.c"

#include <sys/mman.h>

#define COPY_SIZE 0x4000
#define SUPERBLOCK_AT 0x20000

enum {
	SEAL = 1 << 0,
	NO_FIRST = 1 << 1,
	NO_SECOND = 1 << 2,
	SHORT = 1 << 3,
	TAIL = 1 << 4,
	RECORD = 1 << 5
};

/* A sum that notices a changed byte is enough. */
bool sha256(const void *data, size_t len, unsigned char ret[static SHA256_SIZE])
{
	const unsigned char *bytes = data;
	unsigned char sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (unsigned char)(sum * 31 + bytes[i]);
	memset(ret, sum, SHA256_SIZE);
	return true;
}

static void put(int fd, uint64_t at, const void *data, size_t len)
{
	MUST(pwrite(fd, data, len, (off_t)at) == (ssize_t)len);
}

static void put_copy(int fd, uint64_t at, const unsigned char magic[static 6], uint64_t size)
{
	unsigned char hdr[LUKS2_BIN_SIZE] = { 0 };
	uint64_t be = htobe64(size);

	memcpy(hdr, magic, 6);
	hdr[LUKS2_VERSION + 1] = 2;
	memcpy(hdr + LUKS2_SIZE, &be, sizeof(be));
	memcpy(hdr + LUKS2_CSUM_ALG, "sha256", 7);
	put(fd, at, hdr, sizeof(hdr));
	put(fd, at + LUKS2_BIN_SIZE, "{\"keyslots\":{}}", 16);
}

/* Makes the checksum right, whatever was changed. */
static void seal(int fd, uint64_t at)
{
	unsigned char hdr[COPY_SIZE] = { 0 }, sum[LUKS2_CSUM_SIZE] = { 0 };

	if (pread(fd, hdr, sizeof(hdr), (off_t)at) != (ssize_t)sizeof(hdr))
		return;
	memset(hdr + LUKS2_CSUM, 0, sizeof(sum));
	(void)sha256(hdr, sizeof(hdr), sum);
	put(fd, at + LUKS2_CSUM, sum, sizeof(sum));
}

static void put_superblock(int fd)
{
	static const unsigned char sb[] = { 'i', 'n', 't', 'e', 'g', 'r', 't',	0,    4, 15,
					    32,	 0,   4,   0,	0,   0,	  0xd8, 0x8f, 1, 0,
					    0,	 0,   0,   0,	8,   0,	  0,	0,    3, 12 };

	put(fd, SUPERBLOCK_AT, sb, sizeof(sb));
}

static void put_record(int fd)
{
	unsigned char record[UNFINISHED_SIZE];

	unfinished_write(&(struct unfinished){ .next = 300, .areas = 1000 }, record);
	put(fd, SUPERBLOCK_AT, record, sizeof(record));
}

/* A header with another text has two good copies, or is as it was: a checksum that this program
 * does not make counts as good, and a header may have no room for the text. */
static void set_json(int fd, enum header_copy first)
{
	int r = ondisk_luks2_set_json(fd, "{\"keyslots\":{},\"tokens\":{}}");
	enum header_copy now, second;

	(void)ondisk_luks2_copies(fd, &now, &second);
	if (r < 0)
		MUST(now == first && (first == COPY_OK || r == -EINVAL));
	else
		MUST(now == COPY_OK && second == COPY_OK);
}

static void change(int fd, struct fuzz_input *in, uint64_t second)
{
	const uint64_t places[] = { 0, second, SUPERBLOCK_AT, LUKS2_CSUM };

	while (in->left >= 4) {
		uint64_t at = (uint64_t)fuzz_byte(in) << 8;
		unsigned place;
		uint8_t value;

		at |= fuzz_byte(in);
		place = fuzz_below(in, ARRAY_SIZE(places));
		value = fuzz_byte(in);
		put(fd, places[place] + (place == 2 ? at % 512 : at), &value, 1);
	}
}

static void look_at_superblock(int fd)
{
	struct superblock sb;

	if (ondisk_superblock_read(fd, SUPERBLOCK_AT, &sb) < 0)
		return;
	MUST(sb.state != SUPERBLOCK_UNCHECKED);
	MUST(!(sb.separate && sb.inline_tags));
	MUST(!(sb.separate || sb.inline_tags) || sb.state == SUPERBLOCK_BAD);
	MUST(sb.state == SUPERBLOCK_OK || sb.separate || sb.inline_tags || sb.provided == 0);
	MUST(sb.state == SUPERBLOCK_OK || sb.needed == 0);
	MUST(sb.state != SUPERBLOCK_MISSING || sb.tag_size == 0);
	MUST(sb.percent <= 100 && (sb.state == SUPERBLOCK_UNFINISHED || sb.percent == 0));
	/* What dm-integrity needs is more than what it offers, and no number has wrapped. */
	MUST(sb.state != SUPERBLOCK_OK || sb.needed >= sb.provided);
	MUST(sb.needed == 0 || sb.tag_size > 0);
}

/* What a snapshot takes of a disk is enough to find both copies as they are on the disk. Only a
 * second one that says to be larger than the first may lack its end. */
static void take(int fd, enum header_copy first, enum header_copy second)
{
	int snapshot = snapshot_new(ondisk_size(fd));
	enum header_copy taken_first, taken_second;
	bool magic;

	MUST(snapshot >= 0);
	MUST(ondisk_luks2_take(snapshot, fd, &magic, &taken_first, &taken_second) == 0);
	MUST(taken_first == first && (taken_second == second || first == COPY_OK));
	MUST((taken_second == COPY_NO_MAGIC) == (second == COPY_NO_MAGIC));
	MUST(magic == (first != COPY_NO_MAGIC || second != COPY_NO_MAGIC));
	MUST(first == COPY_NO_MAGIC || ondisk_begins_with_luks(fd));
	close(snapshot);
}

/* A repair makes both copies good, or changes nothing. It never writes to a disk that does not have
 * the good copy any more. */
static void repair(int fd, enum header_copy first, enum header_copy second, unsigned how)
{
	int disk = memfd_create("fuzz-disk", MFD_CLOEXEC);
	unsigned char both[2 * COPY_SIZE];
	uint64_t size = ondisk_size(fd);
	ssize_t n = pread(fd, both, sizeof(both), 0);
	int r;

	MUST(disk >= 0 && n >= 0 && ftruncate(disk, (off_t)size) == 0);
	put(disk, 0, both, (size_t)n);
	if (how & 1) {
		put(disk, 72, "x", 1);
		put(disk, COPY_SIZE + 72, "x", 1);
	}
	r = ondisk_luks2_repair(fd, disk);
	if (r == 0) {
		MUST((first == COPY_OK) != (second == COPY_OK));
		(void)ondisk_luks2_copies(disk, &first, &second);
		MUST(first == COPY_OK && second == COPY_OK);
	} else if (first == COPY_OK || second == COPY_OK) {
		MUST(r != -ENODATA || first == second || first != COPY_OK);
	}
	MUST(!(how & 1) || r != 0);
	close(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned how = fuzz_byte(&in);
	uint64_t second = how & NO_FIRST ? COPY_SIZE << fuzz_below(&in, 10) : COPY_SIZE;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	enum header_copy first_copy, second_copy;

	MUST(fd >= 0 && ftruncate(fd, 9 << 20) == 0);
	if (!(how & NO_SECOND))
		put_copy(fd, second, second_magic, COPY_SIZE);
	if (!(how & NO_FIRST))
		put_copy(fd, 0, first_magic, COPY_SIZE);
	put_superblock(fd);
	if (how & RECORD)
		put_record(fd);
	if (!(how & TAIL))
		change(fd, &in, second);
	if (how & SEAL) {
		seal(fd, 0);
		seal(fd, second);
	}
	if (how & TAIL)
		change(fd, &in, second);
	if (how & SHORT)
		MUST(ftruncate(fd, fuzz_byte(&in) * 1024) == 0);

	MUST(ondisk_luks2_copies(fd, &first_copy, &second_copy) ==
	     (first_copy != COPY_NO_MAGIC || second_copy != COPY_NO_MAGIC));
	MUST(ondisk_luks2_extent(fd) > 0 && ondisk_size(fd) <= 9 << 20);
	take(fd, first_copy, second_copy);
	repair(fd, first_copy, second_copy, size);
	look_at_superblock(fd);
	set_json(fd, first_copy);
	close(fd);
	return 0;
}
