/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_plymouth: asks through plymouthd, the boot splash, and shows our messages there. Under
 * systemd its own agent stands between the two: use sys_askpass.
 */
#ifndef INTACT_ASK_PLYMOUTH_H
#define INTACT_ASK_PLYMOUTH_H
#include "ask/prompt.h"

/* name: of plymouthd's abstract socket, NULL but for tests. It need not be there yet: each question
 * looks for it. */
int plymouth_prompter(const char *name, struct prompter **ret);

#endif
