/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/unpack.h"

#include "base/util.h"

#include "facts/lzop.h"

#include <bzlib.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE (128 << 10)
/* What the kernel allows a frame of zstd to look back (lib/decompress_unzstd.c). */
#define ZSTD_WINDOW_LOG 27
/* The dictionary; what is not filled takes no memory. "xz -9" asks for 64 MiB. */
#define XZ_MEMORY (512ULL << 20)

/* --- gzip --- */

struct gzip {
	z_stream z;
	uint8_t piece[PIECE];
};

static void *gzip_open(enum compression compression)
{
	struct gzip *d;

	if (compression != COMPRESSION_GZIP)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	/* 16: with the header of gzip. */
	if (inflateInit2(&d->z, 16 + MAX_WBITS) == Z_OK)
		return d;
	free(d);
	return NULL;
}

static enum decoded gzip_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			     const struct decoder_out *out)
{
	struct gzip *d = decoder;
	int r;

	d->z.next_in = (z_const Bytef *)(uintptr_t)data;
	d->z.avail_in = (uInt)n;
	do {
		d->z.next_out = d->piece;
		d->z.avail_out = PIECE;
		r = inflate(&d->z, Z_NO_FLUSH);
		*ret_used = n - d->z.avail_in;
		if (d->z.avail_out < PIECE &&
		    !out->write(out->arg, d->piece, PIECE - d->z.avail_out))
			return DECODED_STOPPED;
	} while (r == Z_OK && (d->z.avail_in || !d->z.avail_out));
	if (r == Z_STREAM_END)
		return DECODED_END;
	return r == Z_OK || r == Z_BUF_ERROR ? DECODED_MORE : DECODED_DAMAGED;
}

static void gzip_close(void *decoder)
{
	(void)inflateEnd(&((struct gzip *)decoder)->z);
	free(decoder);
}

const struct decoder_ops unpack_gzip = {
	.open = gzip_open,
	.run = gzip_run,
	.close = gzip_close,
};

/* --- xz, lzma --- */

struct xz {
	lzma_stream s;
	uint8_t piece[PIECE];
};

static void *xz_open(enum compression compression)
{
	struct xz *d;
	lzma_ret r;

	if (compression != COMPRESSION_XZ && compression != COMPRESSION_LZMA)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	r = compression == COMPRESSION_XZ ? lzma_stream_decoder(&d->s, XZ_MEMORY, 0) :
					    lzma_alone_decoder(&d->s, XZ_MEMORY);
	if (r == LZMA_OK)
		return d;
	free(d);
	return NULL;
}

static enum decoded xz_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			   const struct decoder_out *out)
{
	struct xz *d = decoder;
	lzma_ret r;

	d->s.next_in = data;
	d->s.avail_in = n;
	do {
		d->s.next_out = d->piece;
		d->s.avail_out = PIECE;
		r = lzma_code(&d->s, LZMA_RUN);
		*ret_used = n - d->s.avail_in;
		if (d->s.avail_out < PIECE &&
		    !out->write(out->arg, d->piece, PIECE - d->s.avail_out))
			return DECODED_STOPPED;
	} while (r == LZMA_OK && (d->s.avail_in || !d->s.avail_out));
	if (r == LZMA_STREAM_END)
		return DECODED_END;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? DECODED_MORE : DECODED_DAMAGED;
}

static void xz_close(void *decoder)
{
	lzma_end(&((struct xz *)decoder)->s);
	free(decoder);
}

const struct decoder_ops unpack_xz = {
	.open = xz_open,
	.run = xz_run,
	.close = xz_close,
};

/* --- bzip2 --- */

struct bzip2 {
	bz_stream s;
	uint8_t piece[PIECE];
};

/* The library calls it when it has found itself out, and may not go on then. */
void bz_internal_error(int code);
void bz_internal_error(int code)
{
	(void)code;
	abort();
}

static void *bzip2_open(enum compression compression)
{
	struct bzip2 *d;

	if (compression != COMPRESSION_BZIP2)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	if (BZ2_bzDecompressInit(&d->s, 0, 0) == BZ_OK)
		return d;
	free(d);
	return NULL;
}

static enum decoded bzip2_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			      const struct decoder_out *out)
{
	struct bzip2 *d = decoder;
	int r;

	d->s.next_in = (char *)(uintptr_t)data;
	d->s.avail_in = (unsigned)n;
	do {
		d->s.next_out = (char *)d->piece;
		d->s.avail_out = PIECE;
		r = BZ2_bzDecompress(&d->s);
		*ret_used = n - d->s.avail_in;
		if (d->s.avail_out < PIECE &&
		    !out->write(out->arg, d->piece, PIECE - d->s.avail_out))
			return DECODED_STOPPED;
	} while (r == BZ_OK && (d->s.avail_in || !d->s.avail_out));
	if (r == BZ_STREAM_END)
		return DECODED_END;
	return r == BZ_OK ? DECODED_MORE : DECODED_DAMAGED;
}

static void bzip2_close(void *decoder)
{
	(void)BZ2_bzDecompressEnd(&((struct bzip2 *)decoder)->s);
	free(decoder);
}

const struct decoder_ops unpack_bzip2 = {
	.open = bzip2_open,
	.run = bzip2_run,
	.close = bzip2_close,
};

/* --- lzo --- */

static bool lzo_block(const uint8_t *from, size_t n, uint8_t *to, size_t *size)
{
	lzo_uint got = *size;
	bool good = lzo1x_decompress_safe(from, n, to, &got, NULL) == LZO_E_OK;

	*size = got;
	return good;
}

static void *lzo_open(enum compression compression)
{
	return compression == COMPRESSION_LZO ? lzop_open(lzo_block) : NULL;
}

const struct decoder_ops unpack_lzo = {
	.open = lzo_open,
	.run = lzop_run,
	.close = lzop_close,
};

/* --- zstd --- */

struct zstd {
	ZSTD_DStream *s;
	uint8_t piece[PIECE];
};

static void *zstd_open(enum compression compression)
{
	struct zstd *d;

	if (compression != COMPRESSION_ZSTD)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->s = ZSTD_createDStream();
	if (d->s &&
	    !ZSTD_isError(ZSTD_DCtx_setParameter(d->s, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
		return d;
	(void)ZSTD_freeDStream(d->s);
	free(d);
	return NULL;
}

static enum decoded zstd_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			     const struct decoder_out *out)
{
	struct zstd *d = decoder;
	ZSTD_inBuffer in = { data, n, 0 };
	ZSTD_outBuffer to = { d->piece, PIECE, 0 };
	size_t r;

	do {
		to.pos = 0;
		r = ZSTD_decompressStream(d->s, &to, &in);
		*ret_used = in.pos;
		if (ZSTD_isError(r))
			return DECODED_DAMAGED;
		if (to.pos && !out->write(out->arg, d->piece, to.pos))
			return DECODED_STOPPED;
	} while (r && (in.pos < in.size || to.pos == to.size));
	return r ? DECODED_MORE : DECODED_END;
}

static void zstd_close(void *decoder)
{
	(void)ZSTD_freeDStream(((struct zstd *)decoder)->s);
	free(decoder);
}

const struct decoder_ops unpack_zstd = {
	.open = zstd_open,
	.run = zstd_run,
	.close = zstd_close,
};
