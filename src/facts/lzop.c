/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/lzop.h"

#include "base/collect.h"
#include "base/util.h"

/* The head: magic, versions and method; with this version a level and the time's upper half, too.
 */
#define BEGINNING 16
#define LATER 0x0940
#define FLAG_FILTER 0x800U
/* All of it: magic, version of the file, of the library and needed, method, level, flags, filter,
 * mode, time, length of the name, name, checksum. */
#define HEAD_MAX (9 + 6 + 1 + 1 + 4 + 4 + 4 + 8 + 1 + 255 + 4)

enum part { HEAD, SIZE, SIZES, PACKED };

struct lzop {
	lzop_block *block;
	enum part part;
	size_t have; /* bytes of the part */
	size_t size, packed_size;
	uint8_t head[HEAD_MAX], word[8];
	uint8_t packed[LZOP_BLOCK], unpacked[LZOP_BLOCK];
};

static uint32_t number(const uint8_t *at, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | at[i];
	return value;
}

/* How long the head is at least, as far as its first have bytes tell. */
static size_t head_size(const uint8_t *head, size_t have)
{
	bool later = have >= BEGINNING && number(head + 9, 2) >= LATER;
	size_t flags = BEGINNING + later, length;

	if (have < BEGINNING)
		return BEGINNING;
	if (have < flags + 4)
		return flags + 4;
	length = flags + 4 + 8 + (later ? 4 : 0);
	if (number(head + flags, 4) & FLAG_FILTER)
		length += 4;
	return have <= length ? length + 1 : length + 1 + head[length] + 4;
}

static bool begins(const struct lzop *d)
{
	static const uint8_t magic[9] = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n' };

	return memcmp(d->head, magic, sizeof(magic)) == 0;
}

static void turn_to(struct lzop *d, enum part part)
{
	d->part = part;
	d->have = 0;
}

static enum decoded take_head(struct lzop *d, const uint8_t **data, const uint8_t *end)
{
	if (!collect(d->head, &d->have, head_size(d->head, d->have), data, end) ||
	    head_size(d->head, d->have) > d->have)
		return DECODED_MORE;
	turn_to(d, SIZE);
	return begins(d) ? DECODED_MORE : DECODED_DAMAGED;
}

/* The size of a block, unpacked; zero after the last one. */
static enum decoded take_size(struct lzop *d)
{
	d->size = number(d->word, 4);
	turn_to(d, SIZES);
	if (d->size == 0)
		return DECODED_END;
	return d->size > LZOP_BLOCK ? DECODED_DAMAGED : DECODED_MORE;
}

/* Its size as it is, and a checksum. */
static enum decoded take_sizes(struct lzop *d)
{
	d->packed_size = number(d->word, 4);
	turn_to(d, PACKED);
	return d->packed_size == 0 || d->packed_size > d->size ? DECODED_DAMAGED : DECODED_MORE;
}

/* One that could not be made smaller stands there as it is. */
static enum decoded take_block(struct lzop *d, const struct decoder_out *out)
{
	const uint8_t *unpacked = d->packed;
	size_t size = d->size;

	turn_to(d, SIZE);
	if (d->packed_size < d->size) {
		unpacked = d->unpacked;
		if (!d->block(d->packed, d->packed_size, d->unpacked, &size) || size != d->size)
			return DECODED_DAMAGED;
	}
	return out->write(out->arg, unpacked, size) ? DECODED_MORE : DECODED_STOPPED;
}

static enum decoded take(struct lzop *d, const uint8_t **at, const uint8_t *end,
			 const struct decoder_out *out)
{
	switch (d->part) {
	case HEAD:
		return take_head(d, at, end);
	case SIZE:
		return collect(d->word, &d->have, 4, at, end) ? take_size(d) : DECODED_MORE;
	case SIZES:
		return collect(d->word, &d->have, 8, at, end) ? take_sizes(d) : DECODED_MORE;
	default:
		return collect(d->packed, &d->have, d->packed_size, at, end) ? take_block(d, out) :
									       DECODED_MORE;
	}
}

void *lzop_open(lzop_block *block)
{
	struct lzop *d = xcalloc(1, sizeof(*d));

	d->block = block;
	return d;
}

void lzop_close(void *decoder)
{
	free(decoder);
}

enum decoded lzop_run(void *decoder, const uint8_t *data, size_t n, size_t *ret_used,
		      const struct decoder_out *out)
{
	const uint8_t *at = data, *end = data + n;
	enum decoded result = DECODED_MORE;

	while (result == DECODED_MORE && at < end)
		result = take(decoder, &at, end, out);
	*ret_used = (size_t)(at - data);
	return result;
}
