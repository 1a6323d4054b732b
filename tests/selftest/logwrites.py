# SPDX-License-Identifier: GPL-2.0-or-later
"""What a log of dm-log-writes says, and which disks a power cut can leave."""

import struct
import tempfile
from pathlib import Path

from lib import logwrites
from lib.proc import Failed

OLD = b"." * 2048
# Sector and letter of a write; then a flush, which has no data; then one that is safe by itself.
ENTRIES = ((0, b"A", 0), (1, b"B", 0), (0, b"", logwrites.FLUSH), (2, b"C", 0),
           (3, b"D", logwrites.FUA), (0, b"E", logwrites.FLUSH), (0, b"", logwrites.MARK))


def _log(entries: tuple[tuple[int, bytes, int], ...], count: int) -> list[list[logwrites.Write]]:
    log = struct.pack("<QQQI", logwrites.MAGIC, 1, count, 512).ljust(512, b"\0")
    for sector, letter, flags in entries:
        log += struct.pack("<QQQQ", sector, len(letter), flags, 0).ljust(512, b"\0") + letter * 512
    with tempfile.NamedTemporaryFile() as file:
        file.write(log)
        file.flush()
        return logwrites.read(Path(file.name))


def _letters(image: bytes | bytearray) -> str:
    return image[::512].decode()


def groups() -> None:
    found = [[(write.at, write.data[:1], write.fua) for write in group]
             for group in _log(ENTRIES, len(ENTRIES))]
    wanted = [[(0, b"A", False), (512, b"B", False)], [(1024, b"C", False), (1536, b"D", True)],
              [(0, b"E", False)]]
    if found != wanted:
        raise Failed(f"{found}")


def whole() -> None:
    if _letters(logwrites.replay(OLD, _log(ENTRIES, len(ENTRIES)))) != "EBCD":
        raise Failed("the disk is another one")


def cut() -> None:
    """What was flushed is always there, and every combination of the others comes up."""
    found = {(cut.group, _letters(cut.image))
             for cut in logwrites.cuts(OLD, _log(ENTRIES, len(ENTRIES)), 0, number=200)}
    wanted = {(0, "...."), (0, "A..."), (0, ".B.."), (0, "AB.."),
              (1, "AB.."), (1, "ABC."), (1, "AB.D"), (1, "ABCD"),
              (2, "ABCD"), (2, "EBCD"), (3, "EBCD")}
    if found != wanted:
        raise Failed(f"{sorted(found ^ wanted)}")


def cut_short() -> None:
    try:
        _log(ENTRIES, len(ENTRIES) + 1)
    except Failed:
        return
    raise Failed("a log that ends too early was read")


CHECKS = {"groups": groups, "whole": whole, "cut": cut, "cut-short": cut_short}
