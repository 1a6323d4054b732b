# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut's part of the table of boots."""

from .boot import Case

CASES: dict[str, Case] = {
    "dracut/systemd": Case("dracut-systemd"),
    "dracut/plain": Case("dracut-plain"),
}
