#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this when udev runs but has not yet looked for hardware: usually the disk is
# present long before the last driver. intact-unlock.sh waits for the end of the early instance.

# dracut's modules i18n and console-setup load the keymap later, from the main loop. A passphrase
# that is typed before that would be read with the wrong layout. Loading it twice changes nothing,
# but the second one would complain about the folder of the first.
for intact_loader in /lib/udev/console_init /lib/udev/console-setup; do
    if [ -x "$intact_loader" ] && [ -c /dev/tty0 ]; then
        "$intact_loader" tty0
        rm -rf /run/console-setup
    fi
done

/usr/sbin/intact-unlock --early <> /dev/console >&0 2>&1
