/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tags_read.h"

#include "base/util.h"
#include "system/seal_fast.h"
#include "system/sha256.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define AHEAD 8 /* pieces that are read at a time */

/* A piece, read or being read. */
struct slot {
	struct tags_piece piece;
	struct iocb request;
	unsigned char *buffer;
	int64_t got; /* bytes, or a negative errno */
	bool used, waits;
};

struct reader {
	int fd;
	uint64_t until;
	aio_context_t aio; /* 0: this kernel has none, so one piece is read after the other */
	unsigned char *memory;
	struct slot slots[AHEAD];
	struct tags_walk walk;
	unsigned char unit[32]; /* the hash of the unit so far */
	const struct tags_watch *watch;
	uint64_t done; /* bytes */
	struct tags_reading *ret;
};

/* --- hashes --- */

static bool join(unsigned char hash[static 32], const unsigned char more[static 32])
{
	unsigned char both[64];

	memcpy(both, hash, 32);
	memcpy(both + 32, more, 32);
	return sha256(both, sizeof(both), hash);
}

static bool hash_piece(const unsigned char *bytes, size_t len, unsigned char ret[static 32])
{
	unsigned char both[64];
	const unsigned char *second = bytes + len / 2;

	if (!seal_fast_hashes(bytes, second, len / 2, both, both + 32) &&
	    (!sha256(bytes, len / 2, both) || !sha256(second, len / 2, both + 32)))
		return false;
	return sha256(both, sizeof(both), ret);
}

static int add(struct reader *r, const struct slot *s)
{
	unsigned char hash[32];

	if (!hash_piece(s->buffer, s->piece.len, hash) || !join(r->unit, hash))
		return -EIO;
	if (!s->piece.last)
		return 0;
	tags_sums_add(&r->ret->tags, s->piece.unit, r->unit);
	if (!join(r->ret->tags.digest, r->unit))
		return -EIO;
	memset(r->unit, 0, sizeof(r->unit));
	return 0;
}

/* --- reading --- */

/* In this process, also what was left of a request that came back short. */
static int read_rest(const struct reader *r, const struct slot *s)
{
	size_t done = s->got > 0 ? (size_t)s->got : 0;

	while (done < s->piece.len) {
		ssize_t n = pread(r->fd, s->buffer + done, s->piece.len - done,
				  (off_t)(s->piece.offset + done));

		if (n < 0 && errno != EINTR)
			return neg_errno();
		if (n == 0)
			return -ENODATA;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Begins to read the next piece. */
static void ask(struct reader *r, struct slot *s)
{
	struct iocb *request = &s->request;

	s->used = tags_next(&r->walk, &s->piece);
	s->got = 0;
	if (!s->used)
		return;
	*request = (struct iocb){ .aio_data = (uintptr_t)s,
				  .aio_lio_opcode = IOCB_CMD_PREAD,
				  .aio_fildes = (uint32_t)r->fd,
				  .aio_buf = (uintptr_t)s->buffer,
				  .aio_nbytes = s->piece.len,
				  .aio_offset = (int64_t)s->piece.offset };
	s->waits = r->aio && syscall(SYS_io_submit, r->aio, 1L, &request) == 1;
}

/* Notes whatever has come back; waits for one answer. */
static int collect(const struct reader *r)
{
	struct io_event events[AHEAD];
	long n;

	do {
		n = syscall(SYS_io_getevents, r->aio, 1L, (long)AHEAD, events, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return neg_errno();
	for (long i = 0; i < n; i++) {
		struct slot *s = (struct slot *)(uintptr_t)events[i].data;

		s->got = events[i].res;
		s->waits = false;
	}
	return 0;
}

static void tell(struct reader *r, size_t len)
{
	r->done += len;
	if (r->watch)
		r->watch->read(r->watch->arg, r->done, tags_size(&r->walk.layout));
}

static int read_all(struct reader *r)
{
	int err = 0;

	for (size_t i = 0; i < AHEAD; i++)
		ask(r, &r->slots[i]);
	for (size_t i = 0; err == 0 && r->slots[i].used; i = (i + 1) % AHEAD) {
		struct slot *s = &r->slots[i];

		if (now_ms() >= r->until)
			return -ETIMEDOUT;
		while (err == 0 && s->waits)
			err = collect(r);
		if (err == 0)
			err = s->got < 0 ? (int)s->got : read_rest(r, s);
		if (err == 0)
			err = add(r, s);
		if (err == 0)
			tell(r, s->piece.len);
		if (err == 0)
			ask(r, s);
	}
	return err;
}

static int begin(struct reader *r, uint64_t offset)
{
	struct tags_piece sb = { .offset = offset, .len = LAYOUT_SUPERBLOCK };
	int err;

	r->memory = mmap(NULL, AHEAD * TAGS_PIECE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->memory == MAP_FAILED)
		return -ENOMEM;
	for (size_t i = 0; i < AHEAD; i++)
		r->slots[i].buffer = r->memory + i * TAGS_PIECE;
	err = read_rest(r, &(struct slot){ .piece = sb, .buffer = r->memory });
	if (err == 0 && !tags_begin(r->memory, offset, &r->walk))
		err = -ENOTSUP;
	if (err < 0)
		return err;
	r->ret->layout = r->walk.layout;
	tags_sums_begin(r->walk.layout.areas, &r->ret->tags);
	if (syscall(SYS_io_setup, (long)AHEAD, &r->aio) < 0)
		r->aio = 0;
	return 0;
}

static int open_node(const char *node, dev_t number)
{
	struct stat st;
	int fd = open(node, O_RDONLY | O_CLOEXEC | O_DIRECT);

	if (fd < 0)
		return neg_errno();
	if (number && (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != number)) {
		close(fd);
		return -ENODEV;
	}
	return fd;
}

void tags_read(const char *node, dev_t number, uint64_t offset, uint64_t until,
	       const struct tags_watch *watch, struct tags_reading *ret)
{
	struct reader r = { .memory = MAP_FAILED, .until = until, .watch = watch, .ret = ret };

	*ret = (struct tags_reading){ 0 };
	r.fd = open_node(node, number);
	ret->err = r.fd < 0 ? r.fd : begin(&r, offset);
	if (ret->err == 0)
		ret->err = read_all(&r);
	/* This waits for what is still being read into the memory. */
	if (r.aio)
		(void)syscall(SYS_io_destroy, r.aio);
	if (r.memory != MAP_FAILED)
		(void)munmap(r.memory, AHEAD * TAGS_PIECE);
	if (r.fd >= 0)
		close(r.fd);
	if (ret->err < 0)
		ret->tags = (struct tags){ 0 };
}
