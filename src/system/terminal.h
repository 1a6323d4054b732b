/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal: asks the person at the controlling terminal for a passphrase, for a command of the
 * installed system. (In an initramfs, folder ask/ does this, in several places at once.)
 */
#ifndef INTACT_SYSTEM_TERMINAL_H
#define INTACT_SYSTEM_TERMINAL_H

#include "base/secret.h"

#define TERMINAL "/dev/tty"

/*
 * Prints the question on the terminal at path and reads one line from it, without echo, into ret;
 * the newline is not part of it. A signal that ends the program finds the terminal as it was.
 * 0; -ENOTTY: there is no terminal; -ECANCELED: Ctrl-C, Ctrl-D or the end of input; -E2BIG: the
 * line is longer than SECRET_MAX; or another negative errno.
 */
int terminal_ask(const char *path, const char *question, struct secret *ret);

#endif
