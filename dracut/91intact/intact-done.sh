#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut's main loop repeats until this test succeeds.

[ -e /tmp/intact-done ]
