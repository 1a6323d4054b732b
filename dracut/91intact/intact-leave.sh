#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this when the system is about to start: the last look, also at /usr. From here on,
# other programs may open the volumes that intact did not open.

until /usr/sbin/intact-unlock --hand-over --root "$NEWROOT"; do
    emergency_shell "intact: the root file system is on another disk. Type \"exit\" to look again."
done
