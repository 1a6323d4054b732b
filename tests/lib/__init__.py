# SPDX-License-Identifier: GPL-2.0-or-later
"""The test bed: see tests/README.md for the map."""
