/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/echo.h"

#include "base/util.h"

#define TAB '\t'
#define BACKSPACE '\b'
#define DELETE 127

static bool is_shown(const struct echo *e)
{
	return e->typed == TYPED_MASKED || e->typed == TYPED_SHOWN;
}

static void show(int fd, const char *text)
{
	(void)write_all(fd, text, strlen(text));
}

/* Of the whole line: UTF-8 sequences, and those that no longer fit. */
static size_t characters(const struct secret *secret, const struct lineedit *line)
{
	size_t n = line->excess;

	for (size_t i = 0; i < secret->len; i++)
		n += (secret->bytes[i] & 0xc0) != 0x80;
	return n;
}

static void take_back(struct echo *e, int fd, size_t down_to)
{
	for (; e->shown > down_to; e->shown--)
		show(fd, "\b \b");
}

static void show_byte(int fd, unsigned char byte)
{
	/* A terminal would obey a control character. */
	if (byte < ' ' || byte == DELETE)
		byte = '?';
	(void)write_all(fd, &byte, 1);
}

bool echo_ends(struct echo *e, int fd, unsigned char byte)
{
	if (!is_shown(e) || (byte != TAB && (e->len > 0 || (byte != BACKSPACE && byte != DELETE))))
		return false;
	take_back(e, fd, 0);
	e->typed = TYPED_HIDDEN;
	show(fd, "(no echo) ");
	return true;
}

void echo_byte(struct echo *e, int fd, unsigned char byte, const struct secret *secret,
	       const struct lineedit *line)
{
	size_t n = characters(secret, line);

	if (is_shown(e)) {
		take_back(e, fd, n);
		if (e->typed == TYPED_SHOWN && secret->len > e->len)
			show_byte(fd, byte);
		for (; e->shown < n; e->shown++)
			if (e->typed == TYPED_MASKED)
				show(fd, "*");
	}
	e->len = secret->len;
}

void echo_again(struct echo *e, int fd, const struct secret *secret, const struct lineedit *line)
{
	if (e->typed == TYPED_SHOWN) {
		for (size_t i = 0; i < secret->len; i++)
			show_byte(fd, secret->bytes[i]);
	} else if (e->typed == TYPED_MASKED) {
		for (size_t i = characters(secret, line); i > 0; i--)
			show(fd, "*");
	}
}
