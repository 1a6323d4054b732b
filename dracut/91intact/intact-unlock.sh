#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this in every round of its main loop. intact-unlock runs beside the loop, not in
# it: its disk may be one that other scripts of the loop still have to set up (LVM, RAID, the
# network).

if [ ! -e /tmp/intact-started ]; then
    : > /tmp/intact-started
    intact_ended=''
    [ ! -e /run/intact-unlock/ended ] || intact_ended=yes
    {
        if /usr/sbin/intact-unlock; then : > /tmp/intact-done; else : > /tmp/intact-failed; fi
    } <> /dev/console >&0 2>&1 &
    intact_pid=$!
    # The early instance has ended, so that its result is there at once: no further round is needed.
    [ ! "$intact_ended" ] || wait "$intact_pid"
elif [ -e /tmp/intact-failed ]; then
    # intact-reason.sh prints the reason. After the shell, which may have been used for a repair,
    # try again.
    emergency_shell "intact: the root file system is still locked. Type \"exit\" to try again."
    rm -f /tmp/intact-failed /tmp/intact-started
elif [ ! -e /tmp/intact-done ]; then
    # dracut gives up after rd.retry seconds, even while a passphrase is being typed. intact-unlock
    # has its own time-outs.
    # shellcheck disable=SC2034 # the loop's counter
    main_loop=0
elif [ -e /tmp/intact-held.rules ]; then
    # dracut's crypt module opens all other volumes; it skips those that are open.
    mv /tmp/intact-held.rules /etc/udev/rules.d/70-luks.rules
    udevadm control --reload
    udevadm trigger --action=change --subsystem-match=block --property-match=ID_FS_TYPE=crypto_LUKS
fi
