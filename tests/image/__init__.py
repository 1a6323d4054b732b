# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of what is in an image."""
