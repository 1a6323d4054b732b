/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: reads an initramfs image as the kernel does: archives, zeros and compressed parts, one
 * after the other; several images follow each other as a boot loader loads them.
 *
 * Pure: the image is read and its parts are decompressed through functions that the caller gives.
 * The bytes are hostile.
 */
#ifndef INTACT_CHECK_STREAM_H
#define INTACT_CHECK_STREAM_H

#include "check/cpio.h"
#include "facts/decoder.h"

/* Unpacked, in all. */
#define STREAM_BYTES_MAX (1ULL << 30)

/* "zstd" */
const char *compression_name(enum compression compression);
/* The kernel's setting that lets it read such an image: "CONFIG_RD_ZSTD". */
const char *compression_setting(enum compression compression);

struct stream_source {
	/* Up to n bytes; 0 at the end, or a negative errno. */
	long (*read)(void *arg, uint8_t *to, size_t n);
	void *arg;
	const struct decoder_ops *const *decoders; /* the first one that knows it is used */
	size_t n_decoders;
};

/* What became of an image. */
enum stream_end {
	STREAM_WHOLE,
	STREAM_UNREADABLE, /* an I/O error; error has the errno */
	STREAM_EMPTY,
	STREAM_CUT,		    /* ends in the middle */
	STREAM_DAMAGED,		    /* why tells more, or is NULL */
	STREAM_UNKNOWN,		    /* something in it is no part of an image */
	STREAM_UNKNOWN_COMPRESSION, /* no decoder knows it: not a fault of the image */
	STREAM_TOO_LARGE,
};

struct stream_result {
	enum stream_end end;
	const char *why;
	int error;
	uint64_t at;		      /* where in the file that is */
	unsigned used;		      /* set of 1 << enum compression */
	enum compression compression; /* of the part that it ended in */
	uint64_t unpacked;
};

/*
 * Reads one image to its end. stop: asked while unpacking, with arg of ops; a text ends the reading
 * as damaged. unpacked counts on from what *ret has.
 */
void stream_read(const struct stream_source *source, const struct cpio_ops *ops, void *arg,
		 const char *(*stop)(void *arg), struct stream_result *ret);

#endif
