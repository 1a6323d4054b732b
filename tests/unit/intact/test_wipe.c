/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wipe of a file: every area is written, the record never says more than is there, and a wipe
 * that was stopped anywhere ends with the same bytes. Linked as the programs are.
 */
#include "base/util.h"
#include "intact/wipe.h"
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OFFSET (1 << 20)
#define SIZE (OFFSET + 70 * 1000 * 1000)

static unsigned char key[96];

/* --- a disk that loses what was not flushed ------------------------------------------------- */

/* The test's own pwrite() and fdatasync(), in the place of libc's: they note which areas are
 * written and flushed, and what a record or superblock promises at the moment when it is written.
 * A power cut right after that write would show a promise that was not kept. */
#define AREAS_MAX 64
static struct {
	bool watched, no_flush;
	unsigned failing; /* the flush that fails, counted from 1; 0: none */
	const struct layout *layout;
	int mapping;	 /* -1: none */
	uint64_t bad;	 /* a byte of the mapping that cannot be written; 0: none */
	int error;	 /* what is said of it */
	size_t part[64]; /* bytes of each area that were written through the mapping */
	pthread_mutex_t lock;
	bool written[AREAS_MAX], flushed[AREAS_MAX];
	unsigned records, superblocks, broken;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .mapping = -1 };

static uint64_t flushed_below(void)
{
	uint64_t n = 0;

	while (n < disk.layout->areas && disk.flushed[n])
		n++;
	return n;
}

static void note(const unsigned char *data, size_t len, uint64_t at)
{
	struct unfinished record;
	struct layout_area area;

	if (at == disk.layout->offset && unfinished_read(data, &record)) {
		disk.records++;
		disk.broken += record.next > flushed_below();
	} else if (at == disk.layout->offset) {
		disk.superblocks++;
		disk.broken += flushed_below() < disk.layout->areas;
	}
	for (uint64_t i = 0; i < disk.layout->areas; i++) {
		layout_area(disk.layout, i, &area);
		if (area.at == at && len == area.tags + area.data)
			disk.written[i] = true;
	}
}

static void note_through(size_t len, uint64_t at)
{
	struct layout_area area;
	uint64_t number = at / LAYOUT_AREA_BYTES;

	layout_area(disk.layout, number, &area);
	disk.part[number] += len;
	disk.written[number] = disk.part[number] >= area.data;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	const bool through = disk.mapping >= 0 && fd == disk.mapping;
	ssize_t n;

	if (through && disk.bad && (uint64_t)at <= disk.bad && disk.bad < (uint64_t)at + len) {
		errno = disk.error;
		return -1;
	}
	n = syscall(SYS_pwrite64, fd, data, len, at);
	if (disk.watched) {
		pthread_mutex_lock(&disk.lock);
		if (through)
			note_through(len, (uint64_t)at);
		else
			note(data, len, (uint64_t)at);
		pthread_mutex_unlock(&disk.lock);
		/* Other threads get on meanwhile. */
		usleep(2000);
	}
	return n;
}

int fdatasync(int fd)
{
	bool before[AREAS_MAX];

	/* To flush the disk is not to flush what a mapping on it holds back. */
	if (!disk.watched || disk.no_flush || (disk.mapping >= 0 && fd != disk.mapping))
		return (int)syscall(SYS_fdatasync, fd);
	pthread_mutex_lock(&disk.lock);
	memcpy(before, disk.written, sizeof(before));
	if (disk.failing && --disk.failing == 0) {
		/* It is lost, and no later flush says so. */
		memset(disk.written, 0, sizeof(disk.written));
		pthread_mutex_unlock(&disk.lock);
		errno = EIO;
		return -1;
	}
	pthread_mutex_unlock(&disk.lock);
	/* What is written while it runs is not flushed. */
	usleep(2000);
	pthread_mutex_lock(&disk.lock);
	for (unsigned i = 0; i < AREAS_MAX; i++)
		disk.flushed[i] |= before[i];
	pthread_mutex_unlock(&disk.lock);
	return 0;
}

static void watch(const struct layout *l, bool no_flush)
{
	memset(disk.written, 0, sizeof(disk.written));
	memset(disk.flushed, 0, sizeof(disk.flushed));
	memset(disk.part, 0, sizeof(disk.part));
	disk.records = disk.superblocks = disk.broken = 0;
	disk.layout = l;
	disk.no_flush = no_flush;
	disk.watched = true;
}

struct made {
	struct layout layout;
	struct seal *seal;
	struct wipe wipe;
	unsigned calls;
	uint64_t done, total;
	unsigned stop_after; /* calls; 0: never */
};

static void make(struct made *m, const char *encryption)
{
	unsigned char superblock[512];

	*m = (struct made){ 0 };
	CHECK(seal_sizes(encryption, "hmac(sha256)", &m->wipe.sizes));
	CHECK(layout_plan(SIZE, OFFSET, m->wipe.sizes.mac + m->wipe.sizes.iv, 4096, &m->layout));
	CHECK_INT(seal_new(&(struct seal_spec){ .encryption = encryption,
						.integrity = "hmac(sha256)",
						.sector_size = 4096,
						.key = key,
						.key_size = sizeof(key) },
			   &m->seal),
		  0);
	m->wipe.layout = &m->layout;
	m->wipe.seal = m->seal;
	m->wipe.record.areas = m->layout.areas;
	layout_superblock(&m->layout, superblock);
	memcpy(m->wipe.record.superblock, superblock, 64);
	CHECK(wipe_record_key(key, sizeof(key), m->wipe.record_key));
	m->wipe.fd = memfd_create("disk", MFD_CLOEXEC);
	CHECK(ftruncate(m->wipe.fd, SIZE) == 0);
}

/* The mapping is a file of ones. */
static void make_through(struct made *m)
{
	unsigned char *ones;

	make(m, "aes-xts-plain64");
	CHECK(layout_plan(SIZE, OFFSET, 28, 4096, &m->layout));
	m->wipe.seal = NULL;
	m->wipe.through = m->wipe.record.through = true;
	m->wipe.record.areas = m->layout.areas;
	m->wipe.mapping = disk.mapping = memfd_create("mapping", MFD_CLOEXEC);
	CHECK(ftruncate(disk.mapping, (off_t)m->layout.provided * 512) == 0);
	ones = mmap(NULL, m->layout.provided * 512, PROT_READ | PROT_WRITE, MAP_SHARED,
		    disk.mapping, 0);
	CHECK(ones != MAP_FAILED);
	memset(ones, 0xff, m->layout.provided * 512);
	munmap(ones, m->layout.provided * 512);
}

/* How many bytes at the start of the mapping are zero, and all are ones after them? */
static uint64_t zeros_of(const struct made *m)
{
	const uint64_t size = m->layout.provided * 512;
	unsigned char *all = mmap(NULL, size, PROT_READ, MAP_SHARED, m->wipe.mapping, 0);
	uint64_t n = 0, rest;

	while (n < size && all[n] == 0)
		n++;
	for (rest = n; rest < size && all[rest] == 0xff; rest++)
		;
	munmap(all, size);
	return rest == size ? n : UINT64_MAX;
}

static void unmake(struct made *m)
{
	seal_free(m->seal);
	close(m->wipe.fd);
	if (disk.mapping >= 0)
		close(disk.mapping);
	disk.mapping = -1;
	disk.bad = 0;
}

static void seen(void *arg, const struct wipe_progress *p)
{
	struct made *m = arg;

	CHECK(p->done >= m->done && p->done <= p->total);
	m->done = p->done;
	m->total = p->total;
	m->calls++;
}

static bool record_of(const struct made *m, struct unfinished *ret)
{
	unsigned char head[UNFINISHED_SIZE];

	CHECK(pread(m->wipe.fd, head, sizeof(head), OFFSET) == sizeof(head));
	return unfinished_read(head, ret) && wipe_record_genuine(m->wipe.record_key, head);
}

static bool same_content(const struct made *a, const struct made *b)
{
	unsigned char *x = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, a->wipe.fd, 0);
	unsigned char *y = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, b->wipe.fd, 0);
	bool same = x != MAP_FAILED && y != MAP_FAILED &&
		    memcmp(x + OFFSET + 4096, y + OFFSET + 4096, SIZE - OFFSET - 4096) == 0;

	munmap(x, SIZE);
	munmap(y, SIZE);
	return same;
}

TEST(all_of_it)
{
	struct unfinished record;
	struct made m;
	uint64_t n;

	make(&m, "aes-xts-plain64");
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK(m.calls > 0);
	CHECK_INT(m.done, m.layout.provided * 512);
	CHECK_INT(m.total, m.layout.provided * 512);
	CHECK(record_of(&m, &record));
	CHECK_INT(record.next, m.layout.areas);
	CHECK_INT(wipe_compare(&m.wipe, &n), 0);
	CHECK_INT(n, m.layout.areas);
	unmake(&m);
}

/* A power cut at any moment: no record promises an area that was not flushed before, and the
 * superblock promises them all. Without the flush the same watch finds broken promises. */
TEST(power_cut)
{
	struct made m;

	for (unsigned no_flush = 0; no_flush < 2; no_flush++) {
		make(&m, "aes-xts-plain64");
		m.wipe.record_ms = 1;
		watch(&m.layout, no_flush);
		CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
		CHECK_INT(wipe_superblock(&m.wipe), 0);
		disk.watched = false;
		CHECK(disk.records > 1);
		CHECK_INT(disk.superblocks, 1);
		CHECK((disk.broken > 0) == no_flush);
		unmake(&m);
	}
}

TEST(failing_flush)
{
	struct unfinished record;
	struct made m;

	for (unsigned failing = 1; failing < 5; failing++) {
		make(&m, "aes-xts-plain64");
		m.wipe.record_ms = 1;
		watch(&m.layout, false);
		disk.failing = failing;
		CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), -EIO);
		disk.watched = false;
		CHECK_INT(disk.failing, 0);
		CHECK_INT(disk.broken, 0);
		if (record_of(&m, &record))
			CHECK(m.wipe.record.next <= record.next);
		unmake(&m);
	}
}

TEST(in_two_parts)
{
	struct unfinished record;
	struct made whole, parts;

	make(&whole, "aes-xts-plain64");
	make(&parts, "aes-xts-plain64");
	CHECK_INT(wipe_areas(&whole.wipe, whole.layout.areas, seen, &whole), 0);
	CHECK_INT(wipe_areas(&parts.wipe, 2, seen, &parts), 0);
	CHECK(record_of(&parts, &record));
	CHECK_INT(record.next, 2);
	CHECK(!same_content(&whole, &parts));
	parts.wipe.record = record;
	CHECK_INT(wipe_areas(&parts.wipe, parts.layout.areas, seen, &parts), 0);
	CHECK(same_content(&whole, &parts));
	unmake(&whole);
	unmake(&parts);
}

/* A signal that came before: areas on their way are finished, the record says so. */
TEST(stopped)
{
	struct unfinished record;
	sigset_t set, before;
	struct made m;
	uint64_t n;

	make(&m, "aes-xts-plain64");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	raise(SIGTERM);
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), -EINTR);
	sigprocmask(SIG_SETMASK, &before, NULL);
	CHECK(record_of(&m, &record));
	CHECK(record.next < record.areas);
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK_INT(wipe_compare(&m.wipe, &n), 0);
	unmake(&m);
}

/* The record stays below the area that could not be written. */
TEST(disk_that_ends)
{
	struct layout_area area;
	struct unfinished record;
	struct made m;

	make(&m, "aes-xts-plain64");
	layout_area(&m.layout, 2, &area);
	close(m.wipe.fd);
	m.wipe.fd = memfd_create("disk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(ftruncate(m.wipe.fd, (off_t)area.at + 4096) == 0);
	CHECK(fcntl(m.wipe.fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
	CHECK(wipe_areas(&m.wipe, m.layout.areas, seen, &m) < 0);
	CHECK(record_of(&m, &record));
	CHECK(record.next <= 2);
	CHECK(m.wipe.bad_offset >= area.at);
	unmake(&m);
}

/* Each byte of a stretch of the disk becomes another one. */
static void invert(const struct made *m, uint64_t at, size_t len)
{
	unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, m->wipe.fd, 0);

	CHECK(p != MAP_FAILED);
	for (size_t i = 0; p != MAP_FAILED && i < len; i++)
		p[at + i] ^= 0xff;
	munmap(p, SIZE);
}

/* At both ends one byte is enough; in between it must be all of a piece, wherever that is. */
static void check_changes(struct made *m)
{
	struct layout_area first, second, last;
	size_t tags;
	uint64_t n;

	layout_area(&m->layout, 0, &first);
	layout_area(&m->layout, 1, &second);
	layout_area(&m->layout, m->layout.areas - 1, &last);
	tags = last.blocks * m->layout.tag_size;
	const struct {
		uint64_t at;
		size_t len;
	} changes[] = { { first.at, 1 },
			{ first.at + first.tags, 1 },
			{ second.at, second.blocks * m->layout.tag_size },
			{ second.at + second.tags, second.data },
			{ last.at + tags - 1, 1 },
			{ last.at + last.tags + last.data - 1, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		invert(m, changes[i].at, changes[i].len);
		CHECK_INT(wipe_compare(&m->wipe, &n), -EILSEQ);
		if (i < 2)
			CHECK_INT(m->wipe.bad_offset, first.at + first.tags);
		if (i == 2 || i == 3)
			CHECK(m->wipe.bad_offset >= second.at &&
			      m->wipe.bad_offset < second.at + second.tags + second.data);
		if (i > 3)
			CHECK(m->wipe.bad_offset > last.at);
		invert(m, changes[i].at, changes[i].len);
	}
	CHECK_INT(wipe_compare(&m->wipe, &n), 0);
}

TEST(changed_content_is_found)
{
	struct made m;

	for (unsigned i = 0; i < 2; i++) {
		make(&m, i ? "aes-xts-random" : "aes-xts-plain64");
		CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
		check_changes(&m);
		unmake(&m);
	}
}

/* Two wipes with random IVs have nothing in common. */
TEST(random_ivs_differ)
{
	struct made a, b;
	struct layout_area area;
	unsigned char x[48], y[48];

	make(&a, "aes-xts-random");
	make(&b, "aes-xts-random");
	CHECK_INT(wipe_first(&a.wipe), 0);
	CHECK_INT(wipe_first(&b.wipe), 0);
	layout_area(&a.layout, 0, &area);
	CHECK(pread(a.wipe.fd, x, 48, (off_t)area.at) == 48);
	CHECK(pread(b.wipe.fd, y, 48, (off_t)area.at) == 48);
	CHECK(memcmp(x + 32, y + 32, 16) != 0 && memcmp(x, y, 32) != 0);
	unmake(&a);
	unmake(&b);
}

TEST(record_of_another_key)
{
	unsigned char head[UNFINISHED_SIZE], other[32] = { 1 };
	struct made m;

	make(&m, "aes-xts-plain64");
	CHECK_INT(wipe_record(&m.wipe), 0);
	CHECK(pread(m.wipe.fd, head, sizeof(head), OFFSET) == sizeof(head));
	CHECK(wipe_record_genuine(m.wipe.record_key, head));
	CHECK(!wipe_record_genuine(other, head));
	head[16] ^= 1;
	CHECK(!wipe_record_genuine(m.wipe.record_key, head));
	unmake(&m);
}

TEST(through_all_of_it)
{
	struct unfinished record;
	struct made m;
	uint64_t n;

	make_through(&m);
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK_INT(zeros_of(&m), m.layout.provided * 512);
	CHECK_INT(m.done, m.layout.provided * 512);
	CHECK(record_of(&m, &record));
	CHECK(record.through);
	CHECK_INT(record.next, m.layout.areas);
	CHECK_INT(wipe_compare(&m.wipe, &n), 0);
	/* Once more from there: nothing is left to do. */
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK_INT(m.done, m.layout.provided * 512);
	unmake(&m);
}

TEST(through_power_cut)
{
	struct made m;

	for (unsigned no_flush = 0; no_flush < 2; no_flush++) {
		make_through(&m);
		m.wipe.record_ms = 1;
		watch(&m.layout, no_flush);
		CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
		CHECK_INT(wipe_superblock(&m.wipe), 0);
		disk.watched = false;
		CHECK(disk.records > 1);
		CHECK_INT(disk.superblocks, 1);
		CHECK((disk.broken > 0) == no_flush);
		unmake(&m);
	}
}

TEST(through_in_two_parts)
{
	struct unfinished record;
	struct made m;

	make_through(&m);
	CHECK_INT(wipe_areas(&m.wipe, 2, seen, &m), 0);
	CHECK(record_of(&m, &record));
	CHECK_INT(record.next, 2);
	CHECK_INT(zeros_of(&m), 2 * LAYOUT_AREA_BYTES);
	m.wipe.record = record;
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK_INT(zeros_of(&m), m.layout.provided * 512);
	unmake(&m);
}

TEST(through_first)
{
	struct made m;

	make_through(&m);
	CHECK_INT(wipe_first(&m.wipe), 0);
	CHECK_INT(zeros_of(&m), LAYOUT_AREA_BYTES);
	unmake(&m);
}

/* The block is named by its place on the disk, and the record stays below its area. */
static void check_write_error(int error)
{
	struct unfinished record;
	struct made m;

	make_through(&m);
	disk.error = error;
	disk.bad = 2 * LAYOUT_AREA_BYTES + 1234567;
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), -EIO);
	CHECK_INT(m.wipe.bad_offset, layout_place(&m.layout, disk.bad / 4096 * 4096));
	CHECK_INT(m.wipe.tries, 3);
	CHECK(record_of(&m, &record));
	CHECK(record.next <= 2);
	/* A disk that has recovered. */
	disk.bad = 0;
	m.wipe.record = record;
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	CHECK_INT(zeros_of(&m), m.layout.provided * 512);
	unmake(&m);
}

TEST(through_write_error)
{
	check_write_error(EIO);
	/* From SCSI and NVMe. */
	check_write_error(ENODATA);
}

TEST(through_changed_content_is_found)
{
	struct layout_area area;
	struct made m;
	char one = 1;
	uint64_t n;

	make_through(&m);
	CHECK_INT(wipe_areas(&m.wipe, m.layout.areas, seen, &m), 0);
	layout_area(&m.layout, m.layout.areas - 1, &area);
	CHECK(pwrite(m.wipe.mapping, &one, 1, (off_t)m.layout.provided * 512 - 1) == 1);
	CHECK_INT(wipe_compare(&m.wipe, &n), -EILSEQ);
	CHECK(m.wipe.bad_offset > area.at);
	unmake(&m);
}

/* The second superblock, before the data: it takes no other content's place. */
TEST(aside)
{
	unsigned char block[WIPE_ASIDE], superblock[512], zeros[WIPE_ASIDE] = { 0 };
	struct made m;

	make_through(&m);
	layout_superblock(&m.layout, superblock);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_INT(wipe_aside(&m.wipe), 0);
		CHECK(pread(m.wipe.fd, block, sizeof(block), OFFSET - WIPE_ASIDE) == sizeof(block));
		CHECK(memcmp(block, superblock, 512) == 0);
	}
	CHECK_INT(wipe_clear_aside(&m.wipe), 0);
	CHECK(pread(m.wipe.fd, block, sizeof(block), OFFSET - WIPE_ASIDE) == sizeof(block));
	CHECK(memcmp(block, zeros, sizeof(zeros)) == 0);
	CHECK(pwrite(m.wipe.fd, "key", 3, OFFSET - 3) == 3);
	CHECK_INT(wipe_aside(&m.wipe), -EEXIST);
	CHECK_INT(wipe_clear_aside(&m.wipe), -EEXIST);
	CHECK(pread(m.wipe.fd, block, 3, OFFSET - 3) == 3 && memcmp(block, "key", 3) == 0);
	unmake(&m);
}

TEST_MAIN(all_of_it, power_cut, failing_flush, in_two_parts, stopped, disk_that_ends,
	  changed_content_is_found, random_ivs_differ, record_of_another_key, through_all_of_it,
	  through_power_cut, through_in_two_parts, through_first, through_write_error,
	  through_changed_content_is_found, aside)
