/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places: finds out where a person can be asked on this system, and gathers those places in one
 * prompt.
 */
#ifndef INTACT_ASK_PLACES_H
#define INTACT_ASK_PLACES_H

#include "ask/prompt.h"

/* The ways to ask, also as a set of bits. */
enum place {
	PLACE_CONSOLE = 1 << 0,
	PLACE_SYSTEMD = 1 << 1, /* password agents */
	PLACE_PLYMOUTH = 1 << 2,
	PLACE_FIFO = 1 << 3, /* Debian's remote unlock */
};

/* What standard input is. */
enum input { INPUT_NONE, INPUT_TERMINAL, INPUT_STREAM };

/*
 * Where to ask without the option --ask:
 *  - standard input is a pipe or a file: it holds a prepared answer, so nowhere else;
 *  - it is a terminal: there (and if it is a console of the kernel, on the others, too), and
 * without systemd also in plymouth and the fifo;
 *  - it is /dev/null or closed, under systemd: only its agents, one of which shows the request on
 *    the console and owns the console meanwhile;
 *  - it is /dev/null or closed, without systemd: on every console, in plymouth and in the fifo.
 */
unsigned places_default(enum input input, bool systemd);
/* "console,plymouth" as a set. -EINVAL. */
int places_parse(const char *list, unsigned *ret);

/* The prompt for a set of enum place, as the option --ask has it; 0: for the default. */
struct prompt *places_open(unsigned places);

#endif
