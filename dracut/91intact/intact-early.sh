#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this when udev runs but has not yet looked for hardware: usually the disk is
# present long before the last driver. intact-unlock.sh waits for the end of the early instance.

/usr/sbin/intact-unlock --early <> /dev/console >&0 2>&1
