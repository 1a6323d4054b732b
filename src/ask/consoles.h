/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * consoles: the terminals on which the boot's prompt is shown: every console of the kernel, not
 * only the last one, which is /dev/console.
 */
#ifndef INTACT_ASK_CONSOLES_H
#define INTACT_ASK_CONSOLES_H

#include "ask/prompt.h"

#define CONSOLES_MAX 16
#define CONSOLE_NAME_MAX 32

/* The list of the kernel, "tty0 ttyS0": names of nodes in /dev, each once. Returns how many. */
size_t consoles_parse(const char *list, char names[CONSOLES_MAX][CONSOLE_NAME_MAX]);

/*
 * Adds a prompt on each console. from_stdin: also on standard input; where that is a terminal but
 * no console of the kernel (a login), there alone. stand_in is as for prompt_add().
 */
void consoles_add(struct prompt *set, bool from_stdin, bool stand_in);

#endif
