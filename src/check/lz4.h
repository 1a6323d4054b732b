/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lz4: undoes the compression of "lz4 -l", the one frame of LZ4 that the kernel reads.
 *
 * Pure. The bytes are hostile.
 */
#ifndef INTACT_CHECK_LZ4_H
#define INTACT_CHECK_LZ4_H

#include "check/stream.h"

/* Bytes of a block, unpacked; and the most that it has packed. */
#define LZ4_BLOCK (8U << 20)
#define LZ4_PACKED_MAX (LZ4_BLOCK + LZ4_BLOCK / 255 + 16)

/* Unpacks one block into to, which has room for LZ4_BLOCK bytes. How many, or -1: damaged. */
long lz4_block(const uint8_t *from, size_t n, uint8_t *to);

/* A decoder of stream.h. */
extern const struct decoder_ops lz4_decoder;

#endif
