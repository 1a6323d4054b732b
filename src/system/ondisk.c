/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/ondisk.h"

#include "base/bytes.h"
#include "base/util.h"
#include "facts/layout.h"
#include "facts/unfinished.h"
#include "system/sha256.h"
#include "system/snapshot.h"

#include <endian.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

uint64_t ondisk_size(int fd)
{
	uint64_t size = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return (uint64_t)st.st_size;
	return ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

/* --- LUKS2 ------------------------------------------------------------------------------------ */

#define LUKS2_BIN_SIZE 4096
#define LUKS2_SIZE_MAX (4 << 20)
/* Offsets in the binary header. */
#define LUKS2_VERSION 6
#define LUKS2_SIZE 8
#define LUKS2_CSUM_ALG 72
#define LUKS2_SALT 104
#define LUKS2_SALT_SIZE 64
#define LUKS2_OFFSET 256
#define LUKS2_CSUM 448
#define LUKS2_CSUM_SIZE 64

static const unsigned char first_magic[6] = { 'L', 'U', 'K', 'S', 0xba, 0xbe };
static const unsigned char second_magic[6] = { 'S', 'K', 'U', 'L', 0xba, 0xbe };

/* 0 or a negative errno; -ENODATA: the device ends before. */
static int pread_all(int fd, unsigned char *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		done += (size_t)n;
	}
	return 0;
}

/* A copy and where it was found. */
struct copy {
	enum header_copy state;
	uint64_t offset, size; /* bytes; size 0: not known */
	unsigned char *bytes;  /* with COPY_OK */
};

static void free_copy(struct copy *copy)
{
	free(copy->bytes);
}
#define cleanup_copy __attribute__((cleanup(free_copy)))

/* False: the algorithm is not sha256. */
static bool checksum(unsigned char *hdr, uint64_t size, unsigned char ret[static SHA256_SIZE])
{
	unsigned char stored[LUKS2_CSUM_SIZE];
	bool ok;

	if (strncmp((const char *)hdr + LUKS2_CSUM_ALG, "sha256", 32) != 0)
		return false;
	memcpy(stored, hdr + LUKS2_CSUM, sizeof(stored));
	memset(hdr + LUKS2_CSUM, 0, sizeof(stored));
	ok = sha256(hdr, size, ret);
	memcpy(hdr + LUKS2_CSUM, stored, sizeof(stored));
	return ok;
}

static struct copy check_copy(int fd, uint64_t offset, const unsigned char magic[static 6])
{
	struct copy copy = { .state = COPY_NO_MAGIC, .offset = offset };
	cleanup_free unsigned char *hdr = malloc(LUKS2_SIZE_MAX);
	unsigned char sum[SHA256_SIZE];
	uint64_t size;

	if (!hdr || pread_all(fd, hdr, LUKS2_BIN_SIZE, offset) < 0 || memcmp(hdr, magic, 6) != 0 ||
	    hdr[LUKS2_VERSION] != 0 || hdr[LUKS2_VERSION + 1] != 2)
		return copy;
	copy.state = COPY_BAD_CHECKSUM;
	size = get_be(hdr + LUKS2_SIZE, 8);
	if (size <= LUKS2_BIN_SIZE || size > LUKS2_SIZE_MAX ||
	    pread_all(fd, hdr + LUKS2_BIN_SIZE, size - LUKS2_BIN_SIZE, offset + LUKS2_BIN_SIZE) < 0)
		return copy;
	copy.size = size;
	if (checksum(hdr, size, sum) && memcmp(hdr + LUKS2_CSUM, sum, sizeof(sum)) != 0)
		return copy;
	copy.state = COPY_OK;
	copy.bytes = steal_pointer(&hdr);
	return copy;
}

static struct copy find_second(int fd, const struct copy *first)
{
	struct copy best = { .state = COPY_NO_MAGIC };

	if (first->state == COPY_OK)
		return check_copy(fd, first->size, second_magic);
	/* The first copy's size field cannot be trusted. */
	for (uint64_t at = 0x4000; at <= LUKS2_SIZE_MAX && best.state != COPY_OK; at *= 2) {
		struct copy here = check_copy(fd, at, second_magic);

		if (here.state != COPY_NO_MAGIC)
			best = here;
	}
	return best;
}

bool ondisk_luks2_copies(int fd, enum header_copy *ret_first, enum header_copy *ret_second)
{
	cleanup_copy struct copy first = check_copy(fd, 0, first_magic);
	cleanup_copy struct copy second = find_second(fd, &first);

	*ret_first = first.state;
	*ret_second = second.state;
	return first.state != COPY_NO_MAGIC || second.state != COPY_NO_MAGIC;
}

bool ondisk_begins_with_luks(int fd)
{
	unsigned char magic[sizeof(first_magic)];

	return pread_all(fd, magic, sizeof(magic), 0) == 0 &&
	       memcmp(magic, first_magic, sizeof(magic)) == 0;
}

uint64_t ondisk_luks2_extent(int fd)
{
	unsigned char hdr[LUKS2_BIN_SIZE];
	uint64_t size;

	if (pread_all(fd, hdr, sizeof(hdr), 0) < 0 || memcmp(hdr, first_magic, 6) != 0)
		return ONDISK_LUKS2_EXTENT_MAX;
	size = get_be(hdr + LUKS2_SIZE, 8);
	return size > LUKS2_BIN_SIZE && size <= LUKS2_SIZE_MAX ? 2 * size : ONDISK_LUKS2_EXTENT_MAX;
}

int ondisk_luks2_take(int snapshot, int disk, bool *ret_magic, enum header_copy *ret_first,
		      enum header_copy *ret_second)
{
	int r = snapshot_copy(snapshot, disk, 0, LUKS2_BIN_SIZE);

	if (r == 0)
		r = snapshot_copy(snapshot, disk, 0, ondisk_luks2_extent(snapshot));
	if (r < 0)
		return r;
	*ret_magic = ondisk_luks2_copies(snapshot, ret_first, ret_second);
	if (*ret_first == COPY_OK)
		return 0;
	/* The second one may be anywhere. */
	r = snapshot_copy(snapshot, disk, 0, ONDISK_LUKS2_EXTENT_MAX);
	if (r == 0)
		*ret_magic = ondisk_luks2_copies(snapshot, ret_first, ret_second);
	return r;
}

static int pwrite_all(int fd, const unsigned char *buf, size_t len, uint64_t offset)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? neg_errno() : -EIO;
		done += (size_t)n;
	}
	return fsync(fd) < 0 ? neg_errno() : 0;
}

/* Makes of the good copy, in place, what the other one has to be. */
static int turn_into_other(unsigned char *hdr, uint64_t size, bool first)
{
	uint64_t offset = htobe64(first ? 0 : size);
	unsigned char sum[SHA256_SIZE];

	memcpy(hdr, first ? first_magic : second_magic, 6);
	memcpy(hdr + LUKS2_OFFSET, &offset, sizeof(offset));
	/* Each copy has a salt of its own, so that their checksums differ. */
	if (getrandom(hdr + LUKS2_SALT, LUKS2_SALT_SIZE, 0) != LUKS2_SALT_SIZE)
		return -EIO;
	if (!checksum(hdr, size, sum))
		return -EOPNOTSUPP;
	memset(hdr + LUKS2_CSUM, 0, LUKS2_CSUM_SIZE);
	memcpy(hdr + LUKS2_CSUM, sum, sizeof(sum));
	return 0;
}

int ondisk_luks2_repair(int snapshot, int disk)
{
	cleanup_copy struct copy first = check_copy(snapshot, 0, first_magic);
	cleanup_copy struct copy second = find_second(snapshot, &first);
	struct copy *good = first.state == COPY_OK ? &first : &second;
	cleanup_free unsigned char *now = NULL;
	int r;

	if ((first.state == COPY_OK) == (second.state == COPY_OK) ||
	    (good == &second && good->offset != good->size))
		return -ENODATA;
	now = malloc(good->size);
	if (!now)
		return -ENOMEM;
	r = pread_all(disk, now, good->size, good->offset);
	if (r < 0)
		return r;
	if (memcmp(now, good->bytes, good->size) != 0)
		return -ESTALE;
	r = turn_into_other(now, good->size, good == &second);
	return r < 0 ? r : pwrite_all(disk, now, good->size, good == &first ? good->size : 0);
}

int ondisk_luks2_set_json(int fd, const char *json)
{
	cleanup_copy struct copy first = check_copy(fd, 0, first_magic);
	size_t len = strlen(json);
	int r = 0;

	if (first.state != COPY_OK || len >= first.size - LUKS2_BIN_SIZE)
		return -EINVAL;
	memset(first.bytes + LUKS2_BIN_SIZE, 0, first.size - LUKS2_BIN_SIZE);
	memcpy(first.bytes + LUKS2_BIN_SIZE, json, len);
	for (unsigned i = 0; i < 2 && r == 0; i++) {
		r = turn_into_other(first.bytes, first.size, i == 0);
		if (r == 0)
			r = pwrite_all(fd, first.bytes, first.size, i == 0 ? 0 : first.size);
	}
	return r;
}

/* --- dm-integrity ----------------------------------------------------------------------------- */

/* All from drivers/md/dm-integrity.c. */
#define SB_MAGIC "integrt"
#define SB_VERSION_MAX 7
#define SB_FLAG_HAVE_JOURNAL_MAC 0x1
#define SB_FLAG_RECALCULATING 0x2
#define SB_FLAG_INLINE 0x20
#define SB_FLAG_DISCARD_KEYED 0x40
#define MAX_LOG2_SECTORS_PER_BLOCK 3
#define MAX_TAG_SIZE 255

struct fields {
	unsigned version, log2_interleave, tag_size, log2_spb;
	uint32_t journal_sections, flags;
	uint64_t provided, recalculated; /* in sectors */
};

void ondisk_superblock_parse(const unsigned char sb[static 512], struct superblock *ret)
{
	struct fields f = {
		.version = sb[8],
		.log2_interleave = sb[9],
		.tag_size = (unsigned)get_le(sb + 10, 2),
		.journal_sections = (uint32_t)get_le(sb + 12, 4),
		.provided = get_le(sb + 16, 8),
		.flags = (uint32_t)get_le(sb + 24, 4),
		.log2_spb = sb[28],
		.recalculated = get_le(sb + 32, 8),
	};
	struct layout layout;
	struct unfinished record;

	memset(ret, 0, sizeof(*ret));
	if (unfinished_read(sb, &record)) {
		ret->state = SUPERBLOCK_UNFINISHED;
		ret->percent = unfinished_percent(&record);
		return;
	}
	if (memcmp(sb, SB_MAGIC, 8) != 0) {
		ret->state = SUPERBLOCK_MISSING;
		return;
	}
	ret->tag_size = f.tag_size;
	/* A later version may move all fields except magic, version and tag size. */
	if (f.version > SB_VERSION_MAX) {
		ret->state = SUPERBLOCK_OK;
		return;
	}
	ret->state = SUPERBLOCK_BAD;
	if (f.version == 0 || f.tag_size == 0 || f.tag_size > MAX_TAG_SIZE || f.provided == 0 ||
	    f.provided > UINT64_MAX >> 12 || f.log2_spb > MAX_LOG2_SECTORS_PER_BLOCK ||
	    f.provided % (1U << f.log2_spb) != 0)
		return;
	ret->block_size = 512U << f.log2_spb;
	ret->recalculating = f.flags & SB_FLAG_RECALCULATING;
	if (ret->recalculating)
		ret->recalculated = 512 *
				    (f.recalculated < f.provided ? f.recalculated : f.provided);
	ret->discards_keyed = f.flags & SB_FLAG_DISCARD_KEYED;
	ret->journal_mac = f.flags & SB_FLAG_HAVE_JOURNAL_MAC;
	ret->inline_tags = f.flags & SB_FLAG_INLINE && f.journal_sections == 0;
	ret->separate = !(f.flags & SB_FLAG_INLINE) && f.journal_sections > 0 &&
			f.log2_interleave == 0;
	if (ret->inline_tags || ret->separate)
		ret->provided = f.provided * 512;
	if (!layout_read(sb, 0, &layout))
		return;
	ret->state = SUPERBLOCK_OK;
	ret->provided = f.provided * 512;
	ret->needed = layout.end * 512;
}

int ondisk_superblock_read(int fd, uint64_t offset, struct superblock *ret)
{
	unsigned char sb[512];
	int r = pread_all(fd, sb, sizeof(sb), offset);

	if (r < 0)
		return r;
	ondisk_superblock_parse(sb, ret);
	return 0;
}
