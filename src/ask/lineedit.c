/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/lineedit.h"

enum {
	CTRL_C = 3,
	CTRL_D = 4,
	BACKSPACE = 8,
	CTRL_U = 21,
	CTRL_V = 22,
	CTRL_W = 23,
	DELETE = 127,
};

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Bytes of the UTF-8 sequence that this byte begins; 1 for everything else. */
static size_t sequence_len(unsigned char byte)
{
	if (byte >= 0xc2 && byte <= 0xdf)
		return 2;
	if (byte >= 0xe0 && byte <= 0xef)
		return 3;
	if (byte >= 0xf0 && byte <= 0xf4)
		return 4;
	return 1;
}

/*
 * Bytes of the last character: a UTF-8 sequence, which may still be incomplete, or one byte of
 * anything else. *ret_complete: the sequence is not cut.
 */
static size_t last_character(const struct secret *secret, bool *ret_complete)
{
	for (size_t n = 1; n <= 4 && n <= secret->len; n++) {
		unsigned char byte = secret->bytes[secret->len - n];

		if (is_continuation(byte))
			continue;
		if (sequence_len(byte) < n)
			break;
		*ret_complete = sequence_len(byte) == n;
		return n;
	}
	*ret_complete = true;
	return secret->len > 0 ? 1 : 0;
}

static void drop(struct secret *secret, size_t n)
{
	while (n-- > 0)
		secret->bytes[--secret->len] = 0;
}

static void keep(struct lineedit *le, struct secret *secret, unsigned char byte)
{
	bool complete;
	size_t n;

	if (le->excess == 0 && secret_add(secret, byte))
		return;
	if (!is_continuation(byte)) {
		le->excess++;
		return;
	}
	/* The rest of a character that did not fit. */
	if (le->excess > 0)
		return;
	/* A character of which only the first bytes fit counts as one that did not fit, so that
	 * Backspace never leaves half of it. */
	le->excess = 1;
	n = last_character(secret, &complete);
	if (!complete)
		drop(secret, n);
}

static void take_back(struct lineedit *le, struct secret *secret)
{
	bool complete;

	if (le->excess > 0)
		le->excess--;
	else
		drop(secret, last_character(secret, &complete));
}

static enum lineedit_result finish(struct lineedit *le, struct secret *secret,
				   enum lineedit_result result)
{
	if (result == LINEEDIT_DONE && le->excess > 0)
		result = LINEEDIT_TOO_LONG;
	if (result != LINEEDIT_DONE)
		secret_wipe(secret);
	*le = (struct lineedit){ 0 };
	return result;
}

enum lineedit_result lineedit_byte(struct lineedit *le, struct secret *secret, unsigned char byte)
{
	bool after_cr = le->after_cr, quoted = le->quoted;
	enum lineedit_result result;

	le->after_cr = false;
	le->quoted = false;
	if (quoted) {
		keep(le, secret, byte);
		return LINEEDIT_MORE;
	}

	switch (byte) {
	case '\n':
		if (after_cr)
			return LINEEDIT_MORE;
		return finish(le, secret, LINEEDIT_DONE);
	case '\r':
		result = finish(le, secret, LINEEDIT_DONE);
		le->after_cr = true;
		return result;
	case CTRL_C:
		return finish(le, secret, LINEEDIT_CANCEL);
	case CTRL_D:
		if (secret->len == 0 && le->excess == 0)
			return finish(le, secret, LINEEDIT_EOF);
		keep(le, secret, byte);
		return LINEEDIT_MORE;
	case BACKSPACE:
	case DELETE:
		take_back(le, secret);
		return LINEEDIT_MORE;
	case CTRL_U:
	case CTRL_W:
		secret_wipe(secret);
		le->excess = 0;
		return LINEEDIT_MORE;
	case CTRL_V:
		le->quoted = true;
		return LINEEDIT_MORE;
	default:
		keep(le, secret, byte);
		return LINEEDIT_MORE;
	}
}
