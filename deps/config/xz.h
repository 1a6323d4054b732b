/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xz's config.h for a decoder of .ko.xz: LZMA2, with the branch filters that kernel builds use,
 * single-threaded. Images may be .lzma, which alone_decoder.c reads without any more.
 */
#define ASSUME_RAM 128
#define HAVE_CHECK_CRC32 1
#define HAVE_CHECK_CRC64 1
#define HAVE_CHECK_SHA256 1
#define HAVE_DECODERS 1
#define HAVE_DECODER_ARM64 1
#define HAVE_DECODER_LZMA2 1
#define HAVE_DECODER_X86 1
#define HAVE_INTTYPES_H 1
#define HAVE_SMALL 1
#define HAVE_FUNC_ATTRIBUTE_CONSTRUCTOR 1
#define HAVE_STDBOOL_H 1
#define HAVE_STDINT_H 1
#define HAVE_STRING_H 1
#define HAVE_VISIBILITY 1
#define HAVE__BOOL 1
#define HAVE___BUILTIN_ASSUME_ALIGNED 1
#define HAVE___BUILTIN_BSWAPXX 1
#define NDEBUG 1
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#define TUKLIB_FAST_UNALIGNED_ACCESS 1
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WORDS_BIGENDIAN 1
#endif
