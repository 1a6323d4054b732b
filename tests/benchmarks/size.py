# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes: of the program, and of what unlocking adds to an image."""

from image import checks
from lib import ours
from lib.proc import Failed

from . import table
from .pairs import chosen


def bench(_: int) -> None:
    table.head("Sizes")
    table.row("intact-unlock", [ours.program(ours.UNLOCK).stat().st_size], unit="bytes")
    table.note(
        "What unlocking adds to an image, unpacked, kernel modules apart; theirs: the generator's "
        "own hook.")
    for pair in chosen():
        try:
            ours_of, none = pair.alone if pair.alone[0] else (pair.ours, pair.none)
            table.row(pair.label, [checks.unlock_bytes(ours_of, none)],
                      [checks.unlock_bytes(pair.theirs, pair.none)], unit="bytes")
        except Failed as error:
            table.skip(pair.label, error)
