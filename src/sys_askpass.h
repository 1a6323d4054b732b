/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_askpass: asks through systemd's password agents (PASSWORD_AGENTS in its documentation): a request is a file in a
 * folder that agents watch, the answer one datagram to the socket the file names.
 */
#ifndef INTACT_SYS_ASKPASS_H
#define INTACT_SYS_ASKPASS_H

#include "prompt.h"

#define ASKPASS_FOLDER "/run/systemd/ask-password"

/* folder: ASKPASS_FOLDER but for tests; it is made when the first question comes. */
int askpass_prompter(const char *folder, struct prompter **ret);

#endif
