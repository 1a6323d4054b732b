/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of intact/wipe.h that read and write the disk. */
#include "base/util.h"
#include "intact/wipe.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

/* Areas that wipe_compare() reads: all of a small disk, a part of a larger one. */
#define SAMPLES_ALL 8
#define SAMPLES_MAX 34

/* --- the disk --------------------------------------------------------------------------------- */

int wipe_write(int fd, const void *data, size_t len, uint64_t offset)
{
	const unsigned char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? neg_errno() : -ENOSPC;
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
			return n < 0 ? neg_errno() : -ENODATA;
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
		return neg_errno();
	return fdatasync(w->fd) < 0 ? neg_errno() : 0;
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
	size_t piece = 2048; /* sectors */
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

/* The kernel compares the tags; what else wrote here with the right key has other data. */
static int compare_through(struct wipe *w, const struct layout_area *area, unsigned char *is,
			   const unsigned char *zeros)
{
	int r = read_at(w->mapping, is, area->data, area->sector * 512);

	if (r < 0)
		return r;
	return memcmp(is, zeros, area->data) == 0 ? 0 : -EILSEQ;
}

/* With random IVs, what was to be written depends on those that are there. */
static int compare_area(struct wipe *w, uint64_t number, unsigned char *is, unsigned char *want)
{
	struct layout_area area;
	size_t used;
	int r;

	layout_area(w->layout, number, &area);
	used = area.blocks * w->layout->tag_size;
	w->bad_offset = area.at;
	if (w->through)
		return compare_through(w, &area, is, want);
	r = read_at(w->fd, is, area.tags + area.data, area.at);
	if (r < 0)
		return r;
	memcpy(want, is, used);
	if (!seal_zeros(w->seal, area.sector, area.blocks, want + area.tags, want))
		return -EIO;
	return memcmp(is, want, used) == 0 &&
			       memcmp(is + area.tags, want + area.tags, area.data) == 0 ?
		       0 :
		       -EILSEQ;
}

static uint64_t samples(uint64_t areas)
{
	uint64_t n = SAMPLES_ALL + areas / 32;

	if (n > SAMPLES_MAX)
		n = SAMPLES_MAX;
	return n < areas ? n : areas;
}

int wipe_compare(struct wipe *w, uint64_t *ret_n)
{
	const struct layout *l = w->layout;
	size_t size = wipe_buffer_size(l);
	unsigned char *is = wipe_buffer(2 * size);
	uint64_t n = samples(l->areas);
	int r = is ? 0 : -ENOMEM;

	for (uint64_t i = 0; i < n && r == 0; i++) {
		uint64_t number = i, random = 0;

		if (l->areas > n && i > 0)
			number = getrandom(&random, sizeof(random), 0) == sizeof(random) ?
					 random % l->areas :
					 i;
		r = compare_area(w, i == n - 1 ? l->areas - 1 : number, is, is + size);
	}
	if (is)
		(void)munmap(is, 2 * size);
	*ret_n = n;
	return r;
}
