#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this when the root is mounted, before anything runs from it: the root must be on
# this system's volumes, and not on a disk that has the same UUID.

until /usr/sbin/intact-unlock --check-root --root "$NEWROOT"; do
    emergency_shell "intact: the root file system is on another disk. Type \"exit\" to look again."
done
