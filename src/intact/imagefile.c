/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/imagefile.h"

#include "check/lz4.h"
#include "system/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct decoder_ops *const decoders[] = { &unpack_zstd, &unpack_gzip, &unpack_xz,
						      &lz4_decoder };

static long read_piece(void *arg, uint8_t *to, size_t n)
{
	ssize_t got;

	do
		got = read(*(const int *)arg, to, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? neg_errno() : got;
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

void imagefile_read(struct image *image)
{
	cleanup_close int fd = -1;
	struct stream_source source = { .read = read_piece,
					.arg = &fd,
					.decoders = decoders,
					.n_decoders = ARRAY_SIZE(decoders) };
	int error = open_file(image->path, &fd, &image->mode);

	contents_init(&image->contents);
	if (error) {
		image->result.end = STREAM_UNREADABLE;
		image->result.error = error;
		return;
	}
	stream_read(&source, &contents_ops, &image->contents, too_much, &image->result);
	image_recognise(image);
}
