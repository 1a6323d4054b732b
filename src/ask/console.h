/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console: the passphrase prompt on a terminal, with echo switched off and always switched on
 * again. All that touches the terminal is done by a process (screen.h), so nothing here waits for a
 * terminal that hangs.
 */
#ifndef INTACT_ASK_CONSOLE_H
#define INTACT_ASK_CONSOLE_H

#include "ask/prompt.h"

struct console_spec {
	const char *path; /* a terminal; NULL: standard input, be it a terminal, a pipe or a file */
	const char *name; /* for the other places; NULL: it is no console of the kernel */
	/* What is written on standard error is seen here. */
	bool shows_stderr;
};

int console_prompter(const struct console_spec *spec, struct prompter **ret);

#endif
