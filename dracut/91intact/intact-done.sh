#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut's main loop goes on until this is true.

[ -e /tmp/intact-done ]
