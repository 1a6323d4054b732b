/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/lineedit.h"
#include "base/util.h"
#include "test.h"

/* Feeds bytes; returns the first result that is not LINEEDIT_MORE. *used says how many bytes it
 * took. */
static enum lineedit_result feed(struct lineedit *le, struct secret *s, const void *bytes,
				 size_t len, size_t *used)
{
	for (size_t i = 0; i < len; i++) {
		enum lineedit_result r = lineedit_byte(le, s, ((const unsigned char *)bytes)[i]);

		if (r != LINEEDIT_MORE) {
			*used = i + 1;
			return r;
		}
	}
	*used = len;
	return LINEEDIT_MORE;
}

static bool holds(const struct secret *s, const char *text, size_t len)
{
	/* what was taken back must be gone from memory, too */
	for (size_t i = s->len; i < SECRET_MAX; i++)
		if (s->bytes[i])
			return false;
	return s->len == len && memcmp(s->bytes, text, len) == 0;
}

TEST(keys)
{
	static const struct {
		const char *typed;
		size_t typed_len;
		enum lineedit_result result;
		const char *holds;
		size_t len;
	} rows[] = {
#define ROW(typed, result, holds) { typed, sizeof(typed) - 1, result, holds, sizeof(holds) - 1 }
		ROW("abc\n", LINEEDIT_DONE, "abc"),
		ROW("abc\r", LINEEDIT_DONE, "abc"),
		ROW("\n", LINEEDIT_DONE, ""),
		ROW("abc\b\x7f"
		    "d\n",
		    LINEEDIT_DONE, "ad"),
		ROW("\b\b\ba\n", LINEEDIT_DONE, "a"),
		ROW("a\xc3\xa9\x7f\n", LINEEDIT_DONE, "a"),
		ROW("a\xe2\x82\xac\x7f\n", LINEEDIT_DONE, "a"),
		ROW("a\xf0\x9f\x94\x91\x7f\n", LINEEDIT_DONE, "a"),
		ROW("a\xe2\x82\x7f\n", LINEEDIT_DONE,
		    "a"), /* a sequence without its end is one character */
		ROW("a\xa9\x7f\n", LINEEDIT_DONE, "a"), /* a byte of no sequence is one, too */
		ROW("\xc3\xa9\xa9\x7f\n", LINEEDIT_DONE, "\xc3\xa9"),
		ROW("\xa9\xa9\xa9\xa9\xa9\x7f\n", LINEEDIT_DONE, "\xa9\xa9\xa9\xa9"),
		ROW("\xe9\x7f\n", LINEEDIT_DONE, ""), /* Latin-1 */
		ROW("abc\x15"
		    "d\n",
		    LINEEDIT_DONE, "d"),
		ROW("ab cd\x17"
		    "e\n",
		    LINEEDIT_DONE, "e"),
		ROW("\x16\n\x16\r\x16\x03\x16\x7f\x16\x16\n", LINEEDIT_DONE, "\n\r\x03\x7f\x16"),
		ROW("a\x16\0b\n", LINEEDIT_DONE, "a\0b"),
		ROW("\0\x01\x1b[A\xff\t\n", LINEEDIT_DONE, "\0\x01\x1b[A\xff\t"),
		ROW("abc\x03", LINEEDIT_CANCEL, ""),
		ROW("\x04", LINEEDIT_EOF, ""),
		ROW("a\b\x04", LINEEDIT_EOF, ""),
		ROW("a\x04\n", LINEEDIT_DONE, "a\x04"),
		ROW("abc", LINEEDIT_MORE, "abc"),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct lineedit le = { 0 };
		struct secret s = { 0 };
		char row[16];
		size_t used;

		snprintf(row, sizeof(row), "row %zu", i);
		CHECK_ROW(feed(&le, &s, rows[i].typed, rows[i].typed_len, &used) == rows[i].result,
			  row);
		CHECK_ROW(used == rows[i].typed_len, row);
		CHECK_ROW(holds(&s, rows[i].holds, rows[i].len), row);
	}
}

TEST(cr_lf_is_one_enter)
{
	struct lineedit le = { 0 };
	struct secret s = { 0 };
	size_t used;

	CHECK(feed(&le, &s, "one\r\ntwo\n\n", 10, &used) == LINEEDIT_DONE && used == 4);
	secret_wipe(&s);
	CHECK(feed(&le, &s, "\ntwo\n\n", 6, &used) == LINEEDIT_DONE && used == 5);
	CHECK(holds(&s, "two", 3));
	secret_wipe(&s);
	CHECK(feed(&le, &s, "\n", 1, &used) == LINEEDIT_DONE && s.len == 0); /* LF LF are two */
}

TEST(length)
{
	struct lineedit le = { 0 };
	struct secret s = { 0 };

	for (size_t i = 0; i < SECRET_MAX; i++)
		CHECK(lineedit_byte(&le, &s, 'x') == LINEEDIT_MORE);
	CHECK(lineedit_byte(&le, &s, '\n') == LINEEDIT_DONE && s.len == 512);

	CHECK(lineedit_byte(&le, &s, 'x') == LINEEDIT_MORE); /* the 513th */
	CHECK(lineedit_byte(&le, &s, '\n') == LINEEDIT_TOO_LONG);
	CHECK(holds(&s, "", 0));

	for (size_t i = 0; i < 600; i++)
		CHECK(lineedit_byte(&le, &s, 'x') == LINEEDIT_MORE);
	for (size_t i = 0; i < 88; i++)
		CHECK(lineedit_byte(&le, &s, 127) == LINEEDIT_MORE);
	CHECK(lineedit_byte(&le, &s, '\n') == LINEEDIT_DONE && s.len == 512);

	for (size_t i = 0; i < 600; i++)
		CHECK(lineedit_byte(&le, &s, 'x') == LINEEDIT_MORE);
	CHECK(lineedit_byte(&le, &s, 21) == LINEEDIT_MORE); /* Ctrl-U forgets the rest as well */
	CHECK(lineedit_byte(&le, &s, '\n') == LINEEDIT_DONE && holds(&s, "", 0));
}

TEST(character_across_the_end)
{
	static const unsigned char euro[] = { 0xe2, 0x82, 0xac };
	struct lineedit le = { 0 };
	struct secret s = { 0 };
	size_t used;

	for (size_t i = 0; i < 510; i++)
		lineedit_byte(&le, &s, 'x');
	CHECK(feed(&le, &s, euro, 3, &used) == LINEEDIT_MORE);
	CHECK(s.len == 510);
	CHECK(feed(&le, &s, euro, 3, &used) == LINEEDIT_MORE);
	CHECK(feed(&le, &s, "\b\b\b\n", 4, &used) == LINEEDIT_DONE);
	CHECK(s.len == 509);
}

/* A small generator, so that a failure can be had again. */
static unsigned random_next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* Characters typed and as many times Backspace leave what was there before, at any length. */
TEST(backspace_undoes)
{
	static const char *const characters[] = {
		"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91", "0", "\x1b"
	};
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		struct lineedit le = { 0 }, before_le;
		struct secret s = { 0 }, before;
		unsigned start = random_next(&seed) % 600, n = random_next(&seed) % 20;
		size_t used;

		for (unsigned i = 0; i < start; i++) {
			const char *c = characters[random_next(&seed) % ARRAY_SIZE(characters)];

			feed(&le, &s, c, strlen(c), &used);
		}
		before = s;
		before_le = le;
		for (unsigned i = 0; i < n; i++) {
			const char *c = characters[random_next(&seed) % ARRAY_SIZE(characters)];

			feed(&le, &s, c, strlen(c), &used);
		}
		for (unsigned i = 0; i < n; i++)
			CHECK(lineedit_byte(&le, &s, 127) == LINEEDIT_MORE);
		/* A character that did not fit whole leaves no trace, so what could have followed
		 * it is gone as well. */
		CHECK(le.excess == before_le.excess && memcmp(&s, &before, sizeof(s)) == 0);
	}
}

TEST_MAIN(keys, cr_lf_is_one_enter, length, character_across_the_end, backspace_undoes)
