/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of intact/wipe.h that read and write the disk. */
#include "base/util.h"
#include "intact/wipe.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

/* Pieces that wipe_compare() reads. Many small ones find more than few large ones: what a disk
 * loses, it mostly loses in one place. */
#define COMPARE_PIECE (1 << 20)
#define PIECES_LEAST 8
#define PIECES_MOST 256

/* --- the disk --------------------------------------------------------------------------------- */

int wipe_failure(void)
{
	static const int of_disk[] = { ENODATA, EREMOTEIO, ENOLINK, ETIMEDOUT };

	for (size_t i = 0; i < ARRAY_SIZE(of_disk); i++)
		if (errno == of_disk[i])
			return -EIO;
	return neg_errno();
}

int wipe_write(int fd, const void *data, size_t len, uint64_t offset)
{
	const unsigned char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? wipe_failure() : -ENOSPC;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_at(int fd, void *data, size_t len, uint64_t offset)
{
	unsigned char *p = data;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? wipe_failure() : -ENODATA;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

void *wipe_buffer(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

size_t wipe_buffer_size(const struct layout *l)
{
	return l->run * 512 + LAYOUT_AREA_BYTES;
}

int wipe_flush(const struct wipe *w)
{
	/* First the mapping: dm-integrity holds tags back until it is asked for them. */
	if (w->through && w->mapping >= 0 && fdatasync(w->mapping) < 0)
		return wipe_failure();
	return fdatasync(w->fd) < 0 ? wipe_failure() : 0;
}

/* --- superblock, journal, record -------------------------------------------------------------- */

static unsigned char head[LAYOUT_SUPERBLOCK] __attribute__((aligned(WIPE_BLOCK)));

/* The sector, with zeros up to the size of the superblock. */
static int write_head(const struct wipe *w, const unsigned char sector[static 512], uint64_t offset)
{
	int r;

	memset(head, 0, sizeof(head));
	memcpy(head, sector, 512);
	r = wipe_write(w->fd, head, sizeof(head), offset);
	return r < 0 ? r : wipe_flush(w);
}

int wipe_superblock(const struct wipe *w)
{
	unsigned char sector[512];

	layout_superblock(w->layout, sector);
	return write_head(w, sector, w->layout->offset);
}

/* Key material of a keyslot looks random: it neither begins with the magic, nor is it zero. */
static int check_aside(const struct wipe *w)
{
	int r = read_at(w->fd, head, sizeof(head), w->layout->offset - WIPE_ASIDE);

	if (r < 0)
		return r;
	if (memcmp(head, "integrt", 8) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(head); i++)
		if (head[i])
			return -EEXIST;
	return 0;
}

int wipe_aside(const struct wipe *w)
{
	unsigned char sector[512];
	int r = check_aside(w);

	layout_superblock(w->layout, sector);
	return r < 0 ? r : write_head(w, sector, w->layout->offset - WIPE_ASIDE);
}

int wipe_clear_aside(const struct wipe *w)
{
	static const unsigned char zeros[512];
	int r = check_aside(w);

	return r < 0 ? r : write_head(w, zeros, w->layout->offset - WIPE_ASIDE);
}

int wipe_journal(const struct wipe *w)
{
	const struct layout *l = w->layout;
	const size_t piece = 16384; /* sectors */
	unsigned char *buffer = wipe_buffer(piece * 512);
	int r = buffer ? 0 : -ENOMEM;

	for (uint64_t at = 0; r == 0 && at < l->journal; at += piece) {
		size_t n = l->journal - at < piece ? l->journal - at : piece;

		for (size_t i = 0; i < n; i++)
			layout_journal_sector(l, at + i, buffer + i * 512);
		r = wipe_write(w->fd, buffer, n * 512, l->offset + LAYOUT_SUPERBLOCK + at * 512);
	}
	if (buffer)
		(void)munmap(buffer, piece * 512);
	return r < 0 ? r : wipe_flush(w);
}

bool wipe_record_key(const unsigned char *key, size_t key_size, unsigned char ret[static 32])
{
	/* HKDF-Expand (RFC 5869) of a key that is random. */
	static const char info[] = "intact wipe record\1";

	return seal_mac(key, key_size, info, sizeof(info) - 1, ret);
}

bool wipe_record_sign(const unsigned char key[static 32], unsigned char *record)
{
	return seal_mac(key, 32, record, UNFINISHED_MAC_AT, record + UNFINISHED_MAC_AT);
}

bool wipe_record_genuine(const unsigned char key[static 32], const unsigned char *record)
{
	unsigned char mac[UNFINISHED_MAC], differs = 0;

	if (!seal_mac(key, 32, record, UNFINISHED_MAC_AT, mac))
		return false;
	for (unsigned i = 0; i < sizeof(mac); i++)
		differs |= mac[i] ^ record[UNFINISHED_MAC_AT + i];
	return differs == 0;
}

int wipe_record(struct wipe *w)
{
	unsigned char sector[UNFINISHED_SIZE];

	w->record.written = (uint64_t)time(NULL);
	unfinished_write(&w->record, sector);
	if (!wipe_record_sign(w->record_key, sector))
		return -EIO;
	return write_head(w, sector, w->layout->offset);
}

/* --- areas ------------------------------------------------------------------------------------ */

/* Random numbers where the IVs of the tags are. The MACs are computed over them. */
static int set_ivs(const struct wipe *w, unsigned char *tags, size_t len)
{
	for (size_t at = 0; w->sizes.iv && at < len;) {
		ssize_t n = getrandom(tags + at, len - at, 0);

		if (n < 0 && errno != EINTR)
			return neg_errno();
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The tags, then the data, as they lie on the disk. */
int wipe_compute(const struct wipe *w, const struct layout_area *area, unsigned char *buffer)
{
	size_t used = area->blocks * w->layout->tag_size;
	int r;

	memset(buffer + used, 0, area->tags - used);
	r = set_ivs(w, buffer, used);
	if (r == 0 && !seal_zeros(w->seal, area->sector, area->blocks, buffer + area->tags, buffer))
		r = -EIO;
	return r;
}

int wipe_first(const struct wipe *w)
{
	size_t size = wipe_buffer_size(w->layout);
	unsigned char *buffer = wipe_buffer(size);
	struct layout_area area;
	int r = buffer ? 0 : -ENOMEM;

	layout_area(w->layout, 0, &area);
	if (r == 0 && w->through)
		r = wipe_write(w->mapping, buffer, area.data, 0);
	else if (r == 0)
		r = wipe_compute(w, &area, buffer);
	if (r == 0 && !w->through)
		r = wipe_write(w->fd, buffer, area.tags + area.data, area.at);
	if (buffer)
		(void)munmap(buffer, size);
	return r < 0 ? r : wipe_flush(w);
}

/* --- reading it back -------------------------------------------------------------------------- */

struct piece {
	struct layout_area area;
	size_t from, len; /* bytes of the area's data */
};

/* The kernel compares the tags; what else wrote here with the right key has other data. */
static int compare_through(const struct wipe *w, const struct piece *p, unsigned char *is,
			   const unsigned char *zeros)
{
	int r = read_at(w->mapping, is, p->len, p->area.sector * 512 + p->from);

	if (r < 0)
		return r;
	return memcmp(is, zeros, p->len) == 0 ? 0 : -EILSEQ;
}

/* With random IVs, what was to be written depends on those that are there. */
static int compare_computed(const struct wipe *w, const struct piece *p, unsigned char *is,
			    unsigned char *want)
{
	const struct layout_area *area = &p->area;
	const size_t block = w->layout->sector_size, size = w->layout->tag_size;
	const size_t first = p->from / block * size, used = p->len / block * size;
	int r = read_at(w->fd, is, area->tags, area->at);

	if (r == 0)
		r = read_at(w->fd, is + area->tags, p->len, area->at + area->tags + p->from);
	if (r < 0)
		return r;
	memcpy(want + first, is + first, used);
	if (!seal_zeros(w->seal, area->sector + p->from / 512, p->len / block, want + area->tags,
			want + first))
		return -EIO;
	return memcmp(is + first, want + first, used) == 0 &&
			       memcmp(is + area->tags, want + area->tags, p->len) == 0 ?
		       0 :
		       -EILSEQ;
}

static uint64_t below(uint64_t end)
{
	uint64_t random = 0;

	return getrandom(&random, sizeof(random), 0) == sizeof(random) ? random % end : 0;
}

/* The first one, the last one, and others anywhere. */
static void choose(const struct layout *l, uint64_t i, uint64_t n, struct piece *ret)
{
	uint64_t number = i == n - 1 ? l->areas - 1 : i;
	size_t pieces;

	if (i > 0 && i < n - 1 && n < l->areas)
		number = below(l->areas);
	layout_area(l, number, &ret->area);
	pieces = (ret->area.data + COMPARE_PIECE - 1) / COMPARE_PIECE;
	ret->from = (i == n - 1 ? pieces - 1 : i > 0 ? below(pieces) : 0) * COMPARE_PIECE;
	ret->len = ret->area.data - ret->from;
	if (ret->len > COMPARE_PIECE)
		ret->len = COMPARE_PIECE;
}

static uint64_t count_pieces(uint64_t areas)
{
	uint64_t n = PIECES_LEAST + areas / 4;

	if (n > PIECES_MOST)
		n = PIECES_MOST;
	if (n > areas)
		n = areas;
	return n < 2 ? 2 : n;
}

int wipe_compare(struct wipe *w, uint64_t *ret_n)
{
	const size_t size = w->layout->run * 512 + COMPARE_PIECE;
	const uint64_t n = count_pieces(w->layout->areas);
	unsigned char *is = wipe_buffer(2 * size);
	int r = is ? 0 : -ENOMEM;

	for (uint64_t i = 0; i < n && r == 0; i++) {
		struct piece p;

		choose(w->layout, i, n, &p);
		w->bad_offset = p.area.at + p.area.tags + p.from;
		r = w->through ? compare_through(w, &p, is, is + size) :
				 compare_computed(w, &p, is, is + size);
	}
	if (is)
		(void)munmap(is, 2 * size);
	*ret_n = n;
	return r;
}
