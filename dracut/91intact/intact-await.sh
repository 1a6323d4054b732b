#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this in every round of its main loop, in images with systemd, where intact-unlock
# is a unit. Once all disks are found, more rounds would only take processor time from the key
# derivation.

/usr/sbin/intact-unlock --await
