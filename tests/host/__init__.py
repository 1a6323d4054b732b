# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests that need no guest: of the repository's files, the programs, the packages, and the unit
tests."""
