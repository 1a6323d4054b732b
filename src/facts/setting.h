/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setting: NAME=value in a small file that shells and systemd read and people edit by hand:
 * /etc/default/keyboard, /etc/vconsole.conf, a conf-hook.
 */
#ifndef INTACT_FACTS_SETTING_H
#define INTACT_FACTS_SETTING_H

/* The value of the last line that sets name, without its quotes; to be freed. "": it is set to
 * nothing. NULL: it is not set, or only a shell could compute the value. */
char *setting_value(const char *text, const char *name);

#endif
