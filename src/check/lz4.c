/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/lz4.h"

#include "base/collect.h"
#include "base/util.h"

#define MAGIC 0x184c2102U

struct lz4 {
	uint8_t word[4]; /* the magic, or the size of a block */
	size_t have;	 /* bytes in word, or in packed */
	size_t size;	 /* of the block; 0: word is being read */
	bool begun;	 /* the magic was read */
	uint8_t *packed, *unpacked;
};

struct block {
	const uint8_t *at, *end;
	uint8_t *to;
	size_t n;
};

/* A length goes on in more bytes when its four bits are all set. false: damaged. */
static bool length(struct block *b, size_t *len)
{
	uint8_t more = 255;

	if (*len != 15)
		return true;
	while (more == 255) {
		if (b->at == b->end || *len > LZ4_BLOCK)
			return false;
		more = *b->at++;
		*len += more;
	}
	return true;
}

/* What stands in the block as it is. */
static bool literals(struct block *b, size_t len)
{
	if (!length(b, &len) || len > (size_t)(b->end - b->at) || len > LZ4_BLOCK - b->n)
		return false;
	memcpy(b->to + b->n, b->at, len);
	b->at += len;
	b->n += len;
	return true;
}

/* What was there before. */
static bool repeat(struct block *b, size_t len)
{
	size_t offset;

	if (b->end - b->at < 2)
		return false;
	offset = (size_t)b->at[0] | (size_t)b->at[1] << 8;
	b->at += 2;
	if (!length(b, &len) || !offset || offset > b->n)
		return false;
	len += 4;
	if (len > LZ4_BLOCK - b->n)
		return false;
	/* Byte by byte: it may overlap. */
	for (size_t i = 0; i < len; i++, b->n++)
		b->to[b->n] = b->to[b->n - offset];
	return true;
}

long lz4_block(const uint8_t *from, size_t n, uint8_t *to)
{
	struct block b = { .at = from, .end = from + n, .to = to };

	while (b.at < b.end) {
		uint8_t token = *b.at++;

		if (!literals(&b, token >> 4))
			return -1;
		if (b.at == b.end)
			return (long)b.n;
		if (!repeat(&b, token & 15))
			return -1;
	}
	return -1;
}

static void *lz4_open(enum compression compression)
{
	struct lz4 *d;

	if (compression != COMPRESSION_LZ4)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->packed = xcalloc(LZ4_PACKED_MAX, 1);
	d->unpacked = xcalloc(LZ4_BLOCK, 1);
	return d;
}

static void lz4_close(void *decoder)
{
	struct lz4 *d = decoder;

	free(d->packed);
	free(d->unpacked);
	free(d);
}

/* The next piece, as collect(); it begins anew when it is whole. */
static bool take(struct lz4 *d, uint8_t *to, size_t want, const uint8_t **data, const uint8_t *end)
{
	if (!collect(to, &d->have, want, data, end))
		return false;
	d->have = 0;
	return true;
}

/* The size of the next block. As in the kernel, another magic may stand there, and zeros end it. */
static enum decoded take_word(struct lz4 *d)
{
	uint32_t word = (uint32_t)d->word[0] | (uint32_t)d->word[1] << 8 |
			(uint32_t)d->word[2] << 16 | (uint32_t)d->word[3] << 24;

	if (!d->begun && word != MAGIC)
		return DECODED_DAMAGED;
	d->begun = true;
	if (word == MAGIC)
		return DECODED_MORE;
	if (!word)
		return DECODED_END;
	if (word > LZ4_PACKED_MAX)
		return DECODED_DAMAGED;
	d->size = word;
	return DECODED_MORE;
}

static enum decoded take_block(struct lz4 *d, const struct decoder_out *out)
{
	long n = lz4_block(d->packed, d->size, d->unpacked);

	d->size = 0;
	if (n < 0)
		return DECODED_DAMAGED;
	return out->write(out->arg, d->unpacked, (size_t)n) ? DECODED_MORE : DECODED_STOPPED;
}

static enum decoded lz4_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
			    const struct decoder_out *out)
{
	struct lz4 *d = decoder;
	const uint8_t *at = data, *end = data + n;
	enum decoded result = DECODED_MORE;

	while (result == DECODED_MORE && at < end) {
		if (!d->size && take(d, d->word, sizeof(d->word), &at, end))
			result = take_word(d);
		else if (d->size && take(d, d->packed, d->size, &at, end))
			result = take_block(d, out);
	}
	*ret_used = (size_t)(at - data);
	return result;
}

/* The frame has no end: the file ends, after a whole block. */
static bool lz4_may_end(const void *decoder)
{
	const struct lz4 *d = decoder;

	return d->begun && !d->size && !d->have;
}

const struct decoder_ops lz4_decoder = {
	.open = lz4_open,
	.run = lz4_run,
	.may_end = lz4_may_end,
	.close = lz4_close,
};
