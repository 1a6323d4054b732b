/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: what the targets share: properties, and an input taken apart.
 *
 * With -DFUZZING and -fsanitize=fuzzer a target is a fuzzer. Else tests/unit/test_corpus.c calls
 * it, for every file of its corpus. A target leaves no file, process or open descriptor, and does
 * the same with the same input.
 */
#ifndef INTACT_FUZZ_H
#define INTACT_FUZZ_H

#include "base/escape.h"
#include "base/util.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

static inline char *fuzz_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	MUST(s);
	memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* --- an input taken apart, for targets whose input is no text --- */

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 at the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline unsigned fuzz_below(struct fuzz_input *in, unsigned n)
{
	return fuzz_byte(in) % n;
}

static inline bool fuzz_bool(struct fuzz_input *in)
{
	return fuzz_byte(in) & 1;
}

/* A number: its bytes, or one at which something may change. */
static inline uint64_t fuzz_number(struct fuzz_input *in)
{
	static const uint64_t edges[] = { 0,	1,	 16,	  32,	      64,	  512, 4096,
					  1000, 1 << 20, 1 << 24, UINT32_MAX, UINT64_MAX, 96 };
	unsigned how = fuzz_byte(in);
	uint64_t n = 0;

	if (how >= 16)
		return edges[how % ARRAY_SIZE(edges)];
	for (unsigned i = 0; i < how % 8 + 1; i++)
		n = n << 8 | fuzz_byte(in);
	return n;
}

/* A text: one of the words, or up to 63 bytes of the input. */
static inline void fuzz_text(struct fuzz_input *in, const char *const *words, size_t n, char *buf,
			     size_t size)
{
	unsigned how = fuzz_byte(in);
	size_t len = 0;

	if (how >= 64 && n) {
		str_copy(buf, size, words[(how - 64) % n]);
		return;
	}
	for (; how > 0 && len + 1 < size && in->left; how--)
		buf[len++] = (char)fuzz_byte(in);
	buf[len] = '\0';
}

/* What a person reads: lines in which no character would be replaced on the way out. */
static inline bool fuzz_readable(const char *text)
{
	char *shown = str_printable_lines(xstrdup(text));
	bool same = str_eq(shown, text);

	free(shown);
	return same;
}

/* The piece of a text before the next separator, which is replaced by a NUL; *text then points
 * behind it. "" at the end. */
static inline char *fuzz_piece(char **text, const char *separator)
{
	char *piece = *text, *end = strstr(piece, separator);

	if (end) {
		*end = '\0';
		*text = end + strlen(separator);
	} else {
		*text = piece + strlen(piece);
	}
	return piece;
}

#endif
