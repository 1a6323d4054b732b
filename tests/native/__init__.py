# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases that need no guest: parts of the programs, linked as in the image, on the processors of
this machine."""
