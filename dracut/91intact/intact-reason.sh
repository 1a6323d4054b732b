#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced before the emergency shell (and the ones of rd.break): what kept a volume locked is among the last things on the
# screen, and no prompt of ours shares the keyboard with the shell.

/usr/sbin/intact-unlock --withdraw
/usr/sbin/intact-unlock --reasons
