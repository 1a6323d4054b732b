/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_tty: the passphrase prompt on the console, with echo switched off and always switched on again.
 */
#ifndef INTACT_SYS_TTY_H
#define INTACT_SYS_TTY_H

#include "ops.h"

struct tty;

/*
 * Takes standard input when it is a terminal, a pipe or a file; /dev/console when standard input is closed or
 * /dev/null, as under an init system. NULL when neither can be read.
 * Fatal signals restore the terminal from here on.
 */
struct tty *tty_open(void);
struct tty *tty_close(struct tty *tty);

/* Shows text and starts reading into secret. What was typed before the prompt stood there is dropped: it was echoed. */
int tty_prompt(struct tty *tty, const char *text, struct secret *secret);
/* Withdraws the prompt. */
void tty_withdraw(struct tty *tty);
/* To poll for input while a prompt is open; -1 otherwise. */
int tty_fd(const struct tty *tty);
/* Handles one byte. Returns true when the prompt has ended, *ret_end telling how. */
bool tty_input(struct tty *tty, enum prompt_end *ret_end);
/* Around a message that is printed while a prompt stands on the same screen: moves off the prompt's line, and shows it again. */
void tty_interrupt_line(const struct tty *tty);
void tty_resume_line(const struct tty *tty);

#endif
