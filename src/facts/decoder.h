/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoder: how an initramfs image may be compressed, and the functions that undo one such
 * compression piece by piece.
 */
#ifndef INTACT_FACTS_DECODER_H
#define INTACT_FACTS_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's own list (lib/decompress.c). */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_BZIP2,
	COMPRESSION_LZMA,
	COMPRESSION_XZ,
	COMPRESSION_LZO,
	COMPRESSION_LZ4,
	COMPRESSION_ZSTD,
	COMPRESSIONS, /* how many there are */
};

enum decoded {
	DECODED_MORE,	 /* more input is needed */
	DECODED_END,	 /* the compressed part has ended */
	DECODED_DAMAGED, /* it cannot be decompressed */
	DECODED_STOPPED, /* out->write() returned false */
};

struct decoder_out {
	bool (*write)(void *arg, const uint8_t *data, size_t n);
	void *arg;
};

struct decoder_ops {
	/* NULL: it does not know this compression. */
	void *(*open)(enum compression compression);
	enum decoded (*run)(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			    const struct decoder_out *out);
	/* May the input end here, without DECODED_END? NULL: never. */
	bool (*may_end)(const void *decoder);
	void (*close)(void *decoder);
};

#endif
