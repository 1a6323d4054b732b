#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced each time around dracut's main loop, in images with systemd, where intact-unlock is a unit. With its disks found,
# all that another round would do is take time from the key derivation.

/usr/sbin/intact-unlock --await
