/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plymouth: asks through plymouthd, the boot splash, and shows our messages there. Under systemd
 * its password agent (systemd.h) asks plymouth, but shows no message.
 */
#ifndef INTACT_ASK_PLYMOUTH_H
#define INTACT_ASK_PLYMOUTH_H

#include "ask/prompt.h"

/* name: plymouthd's abstract socket, NULL except in tests. It need not exist yet: each question
 * looks for it again. */
int plymouth_prompter(const char *name, struct prompter **ret);
/* The same only for messages. */
int plymouth_messages(const char *name, struct prompter **ret);

#endif
