/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console: the passphrase prompt on a terminal, with echo switched off and always switched on
 * again.
 */
#ifndef INTACT_ASK_CONSOLE_H
#define INTACT_ASK_CONSOLE_H

#include "ask/prompt.h"

/*
 * A prompt on the terminal at path; NULL: on standard input, be it a terminal, a pipe or a file.
 * One a process. From here on fatal signals restore the terminal.
 */
int console_prompter(const char *path, struct prompter **ret);

#endif
