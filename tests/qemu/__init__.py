# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases that need a guest: whole boots, and many runs of a program in one guest."""
