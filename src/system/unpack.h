/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: undoes the compressions of an image that a library knows. The only file that includes
 * zlib, liblzma and zstd.
 */
#ifndef INTACT_SYSTEM_UNPACK_H
#define INTACT_SYSTEM_UNPACK_H

#include "facts/decoder.h"

extern const struct decoder_ops unpack_gzip, unpack_xz, unpack_zstd;

#endif
