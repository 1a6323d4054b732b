/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: undoes the compressions of an image that a library knows. The only file that includes
 * bzip2, liblzma, lzo, zlib and zstd.
 */
#ifndef INTACT_SYSTEM_UNPACK_H
#define INTACT_SYSTEM_UNPACK_H

#include "facts/decoder.h"

extern const struct decoder_ops unpack_bzip2, unpack_gzip, unpack_lzo, unpack_xz, unpack_zstd;

#endif
