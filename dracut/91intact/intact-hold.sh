#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced after crypt's parse-crypt.sh, before udev starts. Its rules would start a second prompt for our disks, on the
# same console. intact-unlock.sh gives them back.

if [ -e /etc/udev/rules.d/70-luks.rules ]; then
    mv /etc/udev/rules.d/70-luks.rules /tmp/intact-held.rules
fi
