/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lzop: the file of lzop(1), as the kernel reads it (lib/decompress_unlzo.c): a head, and blocks of
 * LZO1X, each with one checksum that is not looked at.
 *
 * Pure: a block is undone by a function that the caller gives. The bytes are hostile.
 */
#ifndef INTACT_FACTS_LZOP_H
#define INTACT_FACTS_LZOP_H

#include "facts/decoder.h"

/* Bytes of a block, unpacked; it never has more of them packed. */
#define LZOP_BLOCK (256U << 10)

/* Undoes a block of n bytes, into to with room for *size bytes. Sets *size; false: damaged. */
typedef bool lzop_block(const uint8_t *from, size_t n, uint8_t *to, size_t *size);

/* For a decoder (decoder.h). */
void *lzop_open(lzop_block *block);
enum decoded lzop_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
		      const struct decoder_out *out);
void lzop_close(void *decoder);

#endif
