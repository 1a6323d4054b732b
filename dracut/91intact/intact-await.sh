#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this at the end of every round of its main loop, in images with systemd, where
# intact-unlock is a unit. Once all disks are found, more rounds would only take processor time from
# the key derivation. What udev reports until then is handled first: a passphrase may have to come
# through the network.

if udevadm settle --timeout=0 > /dev/null 2>&1; then
    /usr/sbin/intact-unlock --await
fi
