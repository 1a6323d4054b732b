/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_tty: the passphrase prompt on the console, with echo switched off and always switched on
 * again.
 */
#ifndef INTACT_ASK_CONSOLE_H
#define INTACT_ASK_CONSOLE_H
#include "ask/prompt.h"

/*
 * A prompt on the terminal called path; NULL: on standard input, be it a terminal, a pipe or a
 * file. One a process. Fatal signals restore the terminal from here on.
 */
int tty_prompter(const char *path, struct prompter **ret);

#endif
