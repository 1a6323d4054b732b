#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced before the emergency shell (and the ones of rd.break): what kept a volume locked is among the last things on the
# screen, and no prompt of ours shares the keyboard with the shell.

/usr/sbin/intact-unlock --withdraw
for report in /run/intact/*; do
    [ -f "$report" ] || continue
    while read -r line; do
        case "$line" in
            code=0) continue 2 ;;
            reason=*) warn "intact: ${report##*/}: ${line#reason=}" ;;
        esac
    done < "$report"
done
