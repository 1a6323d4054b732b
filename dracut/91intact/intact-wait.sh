#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this at the end of every round of its main loop. Once all disks are found, more
# rounds would only take processor time from the key derivation. What udev reports until then is
# handled first: a passphrase may have to come through the network.

if [ -e /run/intact-unlock/found ] && [ ! -e /tmp/intact-done ] \
    && udevadm settle --timeout=0 > /dev/null 2>&1; then
    # shellcheck disable=SC2154 # set by intact-unlock.sh
    wait "$intact_pid"
fi
