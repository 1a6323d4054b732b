/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fifo: takes a passphrase from Debian's remote unlock: from cryptroot-unlock (over SSH), clevis,
 * or any program that writes into the fifo /lib/cryptsetup/passfifo.
 *
 * Those programs look for the processes of a Debian boot. One has the /proc/PID/exe
 * /lib/cryptsetup/askpass, holds the fifo open, and names in its environment the disk it asks for.
 * The end of the other, /sbin/cryptsetup, tells them that the passphrase was tried. Both programs
 * are in such an image, so both are started as decoys and stopped before their first instruction:
 * they can be found, and never run. The fifo is read here. The table in which cryptroot-unlock
 * looks for the disk is cryptroot.h's.
 */
#ifndef INTACT_ASK_FIFO_H
#define INTACT_ASK_FIFO_H

#include "ask/prompt.h"

/* root: what those paths begin with; "" except in tests. Where there is no folder /lib/cryptsetup,
 * it cannot ask. */
int fifo_prompter(const char *root, struct prompter **ret);

#endif
