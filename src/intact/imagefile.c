/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/imagefile.h"

#include "check/bootconfig.h"
#include "check/lz4.h"
#include "system/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct decoder_ops *const decoders[] = { &unpack_zstd, &unpack_gzip,  &unpack_xz,
						      &lz4_decoder, &unpack_bzip2, &unpack_lzo };

struct range {
	int fd;
	uint64_t at, left;
};

static long read_piece(void *arg, uint8_t *to, size_t n)
{
	struct range *range = arg;
	ssize_t got;

	if (n > range->left)
		n = (size_t)range->left;
	do
		got = n ? pread(range->fd, to, n, (off_t)range->at) : 0;
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return neg_errno();
	range->at += (uint64_t)got;
	range->left -= (uint64_t)got;
	return got;
}

static const char *too_much(void *arg)
{
	return ((const struct contents *)arg)->fault;
}

/* A file, and not a device or a pipe that never ends. Returns an errno. */
static int open_file(const char *path, int *ret, unsigned *ret_mode)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	*ret_mode = st.st_mode;
	*ret = steal_fd(&fd);
	return 0;
}

void imagefile_start(struct image *image)
{
	contents_init(&image->contents);
	image->result = (struct stream_result){ .end = STREAM_WHOLE };
}

static bool read_at(void *arg, uint64_t at, void *to, size_t n)
{
	ssize_t got;

	do
		got = pread(*(const int *)arg, to, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)n;
}

/* What of the range the kernel unpacks. */
static void leave_bootconfig(struct range *range)
{
	struct unified_source source = { .read = read_at, .arg = &range->fd };
	struct stat st;
	uint64_t size;

	if (fstat(range->fd, &st) < 0 || (uint64_t)st.st_size < range->at)
		return;
	size = (uint64_t)st.st_size - range->at;
	if (size > range->left)
		size = range->left;
	range->left = bootconfig_before(&source, range->at, size);
}

void imagefile_add(struct image *image, const char *path, uint64_t offset, uint64_t size, bool last)
{
	struct range range = { .fd = -1, .at = offset, .left = size };
	struct stream_source source = { .read = read_piece,
					.arg = &range,
					.decoders = decoders,
					.n_decoders = ARRAY_SIZE(decoders) };
	unsigned mode = 0;
	int error;

	if (image->result.end != STREAM_WHOLE)
		return;
	image->path = path;
	error = open_file(path, &range.fd, &mode);
	image->mode |= mode;
	if (error) {
		image->result.end = STREAM_UNREADABLE;
		image->result.error = error;
		return;
	}
	if (last)
		leave_bootconfig(&range);
	stream_read(&source, &contents_ops, &image->contents, too_much, &image->result);
	close(range.fd);
}

void imagefile_end(struct image *image)
{
	image_recognise(image);
}

int imagefile_open(const char *path, struct unified_source *ret, int *ret_fd)
{
	unsigned mode;
	struct stat st;
	int error = open_file(path, ret_fd, &mode);

	if (error)
		return -error;
	if (fstat(*ret_fd, &st) < 0)
		return neg_errno();
	*ret = (struct unified_source){ .read = read_at,
					.arg = ret_fd,
					.size = (uint64_t)st.st_size };
	return 0;
}
