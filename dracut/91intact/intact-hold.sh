#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this after parse-crypt.sh of its crypt module, before udev starts. The udev rules
# that parse-crypt.sh wrote would start a second prompt for our disks, on the same console.
# intact-unlock.sh restores them.

if [ -e /etc/udev/rules.d/70-luks.rules ]; then
    mv /etc/udev/rules.d/70-luks.rules /tmp/intact-held.rules
fi
