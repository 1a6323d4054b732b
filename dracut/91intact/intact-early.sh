#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced when udev runs, before it looks for hardware: the disk is mostly there long before the last driver.
# intact-unlock.sh waits for the end.

/usr/sbin/intact-unlock --early <> /dev/console >&0 2>&1
