#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this before the emergency shell (and before the shells of rd.break). The reason why
# a volume is locked is then among the last lines on the screen, and no prompt of intact-unlock
# shares the keyboard with the shell.

/usr/sbin/intact-unlock --withdraw
/usr/sbin/intact-unlock --reasons
