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
	CHECK(console_prompter(&(struct console_spec){ pty.name, "pty", false }, &p) == 0);
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

/* Waits until the echo is on, or off: another process switches it. */
static inline bool pty_echo(const struct pty *pty, bool on)
{
	for (int i = 0; i < PATIENCE_MS / 5 && echoes(pty) != on; i++)
		poll(NULL, 0, 5);
	return echoes(pty) == on;
}

/* Waits until the screen has shown this text since the last look. */
static inline bool pty_shows(const struct pty *pty, const char *text)
{
	char seen[4096] = "";
	size_t len = 0;
	struct pollfd fd = { .fd = pty->master, .events = POLLIN };

	while (!str_eq(seen, text) && len < sizeof(seen) - 1 && poll(&fd, 1, PATIENCE_MS) > 0) {
		ssize_t n = read(pty->master, seen + len, sizeof(seen) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		seen[len] = '\0';
	}
	if (!str_eq(seen, text))
		printf("# seen: %s\n", seen);
	return str_eq(seen, text);
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
