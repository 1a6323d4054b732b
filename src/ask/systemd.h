/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: asks through systemd's password agents (PASSWORD_AGENTS in its documentation). A request
 * is a file in a folder that agents watch; the answer is one datagram to the socket the file names.
 */
#ifndef INTACT_ASK_SYSTEMD_H
#define INTACT_ASK_SYSTEMD_H

#include "ask/prompt.h"

#define SYSTEMD_ASK_FOLDER "/run/systemd/ask-password"

/* While this file exists, systemd lets its agent for plymouth answer, not the one for the console.
 */
#define SYSTEMD_PLYMOUTH_PID "/run/plymouth/pid"

/* folder: SYSTEMD_ASK_FOLDER, plymouth: SYSTEMD_PLYMOUTH_PID, except in tests. The folder is made
 * with the first question. */
int systemd_prompter(const char *folder, const char *plymouth, struct prompter **ret);

#endif
