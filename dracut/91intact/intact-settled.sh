#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In images with systemd, dracut's main loop repeats until this test succeeds. The loop is what
# starts arrays and volume groups, and it would end with the root's device: another volume below the
# root may still be on one of them.

[ "$(systemctl show --property=ActiveState --value intact-unlock.service)" != activating ]
