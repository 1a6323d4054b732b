/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/stream.h"

#include "base/util.h"

#define BUFFER (128 << 10)
/* So many bytes of a compressed part tell how it is compressed. */
#define MAGIC_SIZE 2

static const struct {
	uint8_t magic[MAGIC_SIZE];
	enum compression compression;
} magics[] = {
	{ { 0x1f, 0x8b }, COMPRESSION_GZIP }, { { 0x42, 0x5a }, COMPRESSION_BZIP2 },
	{ { 0x5d, 0x00 }, COMPRESSION_LZMA }, { { 0xfd, 0x37 }, COMPRESSION_XZ },
	{ { 0x89, 0x4c }, COMPRESSION_LZO },  { { 0x02, 0x21 }, COMPRESSION_LZ4 },
	{ { 0x28, 0xb5 }, COMPRESSION_ZSTD },
};

static const struct {
	const char *name, *setting;
} names[COMPRESSIONS] = {
	[COMPRESSION_NONE] = { "none", "CONFIG_BLK_DEV_INITRD" },
	[COMPRESSION_GZIP] = { "gzip", "CONFIG_RD_GZIP" },
	[COMPRESSION_BZIP2] = { "bzip2", "CONFIG_RD_BZIP2" },
	[COMPRESSION_LZMA] = { "lzma", "CONFIG_RD_LZMA" },
	[COMPRESSION_XZ] = { "xz", "CONFIG_RD_XZ" },
	[COMPRESSION_LZO] = { "lzo", "CONFIG_RD_LZO" },
	[COMPRESSION_LZ4] = { "lz4", "CONFIG_RD_LZ4" },
	[COMPRESSION_ZSTD] = { "zstd", "CONFIG_RD_ZSTD" },
};

const char *compression_name(enum compression compression)
{
	return names[compression].name;
}

const char *compression_setting(enum compression compression)
{
	return names[compression].setting;
}

struct stream {
	const struct stream_source *source;
	struct stream_result *result;
	struct cpio cpio;
	const char *(*stop)(void *arg);
	void *arg;
	uint64_t begun; /* bytes of the file before data */
	size_t at, n;	/* in data */
	bool ended;	/* nothing follows data */
	uint8_t data[BUFFER];
};

static void finish(struct stream *s, enum stream_end end, const char *why)
{
	s->result->end = end;
	s->result->why = why;
	s->result->at = s->begun + s->at;
}

/* Makes at least want bytes available, unless the file ends before. false: it cannot be read. */
static bool fill(struct stream *s, size_t want)
{
	if (s->n - s->at >= want)
		return true;
	memmove(s->data, s->data + s->at, s->n - s->at);
	s->begun += s->at;
	s->n -= s->at;
	s->at = 0;
	while (s->n < want && !s->ended) {
		long n = s->source->read(s->source->arg, s->data + s->n, BUFFER - s->n);

		if (n < 0) {
			s->result->error = (int)-n;
			finish(s, STREAM_UNREADABLE, NULL);
			return false;
		}
		s->ended = n == 0;
		s->n += (size_t)n;
	}
	return true;
}

/* Hands unpacked bytes to the archive; false: it is no archive, or too large. */
static bool unpack(struct stream *s, const uint8_t *data, size_t n, bool inside)
{
	size_t used = 0;
	const char *fault = cpio_feed(&s->cpio, data, n, &used);

	s->result->unpacked += n;
	if (!fault && s->stop)
		fault = s->stop(s->arg);
	if (!fault && inside && used < n)
		fault = "what is compressed in it is no cpio archive";
	if (fault)
		finish(s, STREAM_DAMAGED, fault);
	else if (s->result->unpacked > STREAM_BYTES_MAX)
		finish(s, STREAM_TOO_LARGE, NULL);
	else
		return true;
	return false;
}

static bool write_out(void *arg, const uint8_t *data, size_t n)
{
	return unpack(arg, data, n, true);
}

static enum compression compression_of(const uint8_t *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (memcmp(magics[i].magic, data, MAGIC_SIZE) == 0)
			return magics[i].compression;
	return COMPRESSION_NONE;
}

/* The part that begins here, with this decoder; false: the reading has ended. */
static bool decompress(struct stream *s, const struct decoder_ops *ops, void *decoder)
{
	const struct decoder_out out = { .write = write_out, .arg = s };
	enum decoded decoded = DECODED_MORE;

	s->cpio.at = 0;
	while (decoded == DECODED_MORE) {
		size_t used;

		if (!fill(s, 1))
			return false;
		if (s->at == s->n)
			break;
		decoded = ops->run(decoder, s->data + s->at, s->n - s->at, &used, &out);
		s->at += used;
	}
	if (decoded == DECODED_STOPPED)
		return false;
	if (decoded == DECODED_END ||
	    (decoded == DECODED_MORE && ops->may_end && ops->may_end(decoder)))
		return true;
	finish(s, decoded == DECODED_MORE ? STREAM_CUT : STREAM_DAMAGED,
	       "it cannot be decompressed");
	return false;
}

static bool take_compressed(struct stream *s)
{
	enum compression compression = COMPRESSION_NONE;
	const struct decoder_ops *ops = NULL;
	void *decoder = NULL;
	bool more;

	if (s->n - s->at >= MAGIC_SIZE)
		compression = compression_of(s->data + s->at);
	if (compression == COMPRESSION_NONE) {
		finish(s, STREAM_UNKNOWN, NULL);
		return false;
	}
	s->result->compression = compression;
	s->result->used |= 1U << compression;
	for (size_t i = 0; i < s->source->n_decoders && !decoder; i++) {
		ops = s->source->decoders[i];
		decoder = ops->open(compression);
	}
	if (!decoder) {
		finish(s, STREAM_UNKNOWN_COMPRESSION, NULL);
		return false;
	}
	more = decompress(s, ops, decoder);
	ops->close(decoder);
	if (more && s->cpio.state != CPIO_BETWEEN) {
		finish(s, STREAM_CUT, NULL);
		return false;
	}
	/* Where the next header may begin counts from here on in the file again. */
	s->cpio.at = s->begun + s->at;
	return more;
}

/* What begins here; false: the reading has ended. */
static bool take_part(struct stream *s)
{
	size_t before, used = 0;
	const char *fault;

	if (!fill(s, MAGIC_SIZE))
		return false;
	before = s->at;
	if (s->at == s->n) {
		if (cpio_is_cut(&s->cpio))
			finish(s, STREAM_CUT, NULL);
		else
			finish(s, s->begun + s->at ? STREAM_WHOLE : STREAM_EMPTY, NULL);
		return false;
	}
	fault = cpio_feed(&s->cpio, s->data + s->at, s->n - s->at, &used);
	s->at += used;
	s->result->unpacked += used;
	if (!fault && s->stop)
		fault = s->stop(s->arg);
	if (fault) {
		finish(s, STREAM_DAMAGED, fault);
		return false;
	}
	if (used)
		s->result->used |= 1U << COMPRESSION_NONE;
	if (s->result->unpacked > STREAM_BYTES_MAX) {
		finish(s, STREAM_TOO_LARGE, NULL);
		return false;
	}
	return s->at > before || take_compressed(s);
}

void stream_read(const struct stream_source *source, const struct cpio_ops *ops, void *arg,
		 const char *(*stop)(void *arg), struct stream_result *ret)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->source = source;
	s->result = ret;
	s->stop = stop;
	s->arg = arg;
	s->cpio.ops = ops;
	s->cpio.arg = arg;
	while (take_part(s))
		;
	free(s);
}
