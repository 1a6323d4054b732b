/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pty: a prompt on a pseudo-terminal, and the person who types there.
 */
#ifndef INTACT_TEST_PTY_H
#define INTACT_TEST_PTY_H
#include "ask/asking.h"
#include "ask/console.h"

#include <pty.h>
#include <termios.h>

struct pty {
	int master, slave;
	char name[64];
	struct prompt *set;
	struct secret *secret;
};

static inline bool echoes(const struct pty *pty)
{
	struct termios t;

	return tcgetattr(pty->slave, &t) == 0 &&
	       (t.c_lflag & (ECHO | ICANON | ISIG)) == (ECHO | ICANON | ISIG);
}

static inline struct pty pty_new(void)
{
	struct pty pty = { .secret = secret_new(), .set = prompt_new() };
	struct prompter *p = NULL;

	CHECK(openpty(&pty.master, &pty.slave, pty.name, NULL, NULL) == 0);
	CHECK(console_prompter(pty.name, &p) == 0);
	prompt_add(pty.set, p, false);
	return pty;
}

static inline void pty_free(struct pty *pty)
{
	prompt_free(pty->set);
	secret_free(pty->secret);
	close(pty->master);
	close(pty->slave);
}

static inline void pty_type(const struct pty *pty, const char *keys)
{
	CHECK(write(pty->master, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

/* What the screen showed since the last look. */
static inline const char *pty_screen(const struct pty *pty)
{
	static char text[4096];
	struct pollfd fd = { .fd = pty->master, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && poll(&fd, 1, 50) > 0 &&
	       (n = read(pty->master, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

#endif
