#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut sources this before the root is mounted, and before resume.sh of its resume module: resumes
# a hibernated system from the checked volumes, if the image says that it is there. dracut's own
# scripts, which find their device by name, can then do nothing.

if [ -e /etc/udev/rules.d/99-resume.rules ]; then
    /usr/sbin/intact-unlock --resume
fi
