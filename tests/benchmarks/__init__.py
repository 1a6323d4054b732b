# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of `make bench`, each measuring one thing: see tests/bench."""
