/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_askpass: asks through systemd's password agents (PASSWORD_AGENTS in its documentation): a
 * request is a file in a folder that agents watch, the answer one datagram to the socket the file
 * names.
 */
#ifndef INTACT_ASK_SYSTEMD_H
#define INTACT_ASK_SYSTEMD_H
#include "ask/prompt.h"

#define ASKPASS_FOLDER "/run/systemd/ask-password"

/* By it systemd decides whether its agent for plymouth or the one for the console is the one to
 * answer. */
#define ASKPASS_PLYMOUTH "/run/plymouth/pid"

/* folder: ASKPASS_FOLDER, plymouth: ASKPASS_PLYMOUTH, but for tests. The folder is made when the
 * first question comes. */
int askpass_prompter(const char *folder, const char *plymouth, struct prompter **ret);

#endif
