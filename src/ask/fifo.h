/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_passfifo: takes a passphrase from Debian's remote unlock: cryptroot-unlock (dropbear),
 * clevis, or whoever writes into the fifo /lib/cryptsetup/passfifo.
 *
 * Those scripts look for the processes of a Debian boot: one whose /proc/PID/exe is
 * /lib/cryptsetup/askpass, that has the fifo open and says in its environment which disk it asks
 * for; and one that is /sbin/cryptsetup, whose end tells them that the passphrase was tried. Both
 * programs are in such an image, so both are started, and stopped before their first instruction:
 * they stand there to be found, and nothing of them ever runs. The fifo is read here.
 */
#ifndef INTACT_ASK_FIFO_H
#define INTACT_ASK_FIFO_H
#include "ask/prompt.h"

/* root: what stands in front of those paths; "" but for tests. Asks only where there is a folder
 * /lib/cryptsetup. */
int passfifo_prompter(const char *root, struct prompter **ret);

#endif
