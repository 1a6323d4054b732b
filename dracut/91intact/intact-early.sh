#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this when udev runs but has not yet looked for hardware: usually the disk is
# present long before the last driver. intact-unlock.sh waits for the end of the early instance.

# dracut's i18n module loads the keymap later, from the main loop. A passphrase that is typed before
# that would be read with the wrong layout. Loading it twice changes nothing.
if [ -x /lib/udev/console_init ] && [ -c /dev/tty0 ]; then
    /lib/udev/console_init tty0
fi

/usr/sbin/intact-unlock --early <> /dev/console >&0 2>&1
