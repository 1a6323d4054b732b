#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced each time around dracut's main loop. intact-unlock runs beside the loop, not in it: the disk it waits for may
# be one that others in the loop have yet to set up (LVM, RAID, the network).

if [ ! -e /tmp/intact-started ]; then
    : > /tmp/intact-started
    {
        if /usr/sbin/intact-unlock; then : > /tmp/intact-done; else : > /tmp/intact-failed; fi
    } <> /dev/console >&0 2>&1 &
    intact_pid=$!
elif [ -e /tmp/intact-failed ]; then
    # The reason follows, from intact-reason.sh. Who leaves the shell has perhaps repaired something: once more.
    emergency_shell "intact: the root file system stays locked. Leave this shell with \"exit\" to try again."
    rm -f /tmp/intact-failed /tmp/intact-started
elif [ ! -e /tmp/intact-done ]; then
    # dracut gives up after rd.retry seconds, also on somebody who is typing. intact-unlock has time-outs of its own.
    # shellcheck disable=SC2034 # the loop's counter
    main_loop=0
    # With the disks found, all that another round would do is take time from the key derivation.
    [ ! -e /run/intact/.found ] || wait "$intact_pid"
elif [ -e /tmp/intact-held.rules ]; then
    # Other volumes are crypt's, and it skips those that are open.
    mv /tmp/intact-held.rules /etc/udev/rules.d/70-luks.rules
    udevadm control --reload
    udevadm trigger --action=change --subsystem-match=block --property-match=ID_FS_TYPE=crypto_LUKS
fi
