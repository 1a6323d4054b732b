# SPDX-License-Identifier: GPL-2.0-or-later
"""What dm-log-writes recorded of a disk, and the disk as power cuts could have left it.

The log (drivers/md/dm-log-writes.c): one sector with the magic, the version, how many entries there
are and the size of a sector; then the entries. An entry is a sector (where on the disk, how many
sectors, flags, bytes of a mark), and behind it the data that was written there.

A flush keeps what was complete when it began. The kernel enters these writes when the flush is
complete, right before the flush itself, so the order of the entries is the order in which they are
safe. What lies between two flushes may be lost, in any combination.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .proc import Failed

MAGIC = 0x6a736677736872
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


@dataclass(frozen=True)
class Write:
    """A write: where in bytes, what, and whether it is safe by itself as soon as it is complete."""
    at: int
    data: bytes = field(repr=False)
    fua: bool = False

    def apply(self, image: bytearray, begin: int = 0, end: int = -1) -> None:
        """Write it, or the bytes begin..end of it."""
        end = len(self.data) if end < 0 else end
        image[self.at + begin:self.at + end] = self.data[begin:end]

    def covers(self, place: int) -> bool:
        return self.at <= place < self.at + len(self.data)


@dataclass(frozen=True)
class Cut:
    """A disk after a power cut: while which writes were on their way, and what became of them."""
    group: int
    kept: str
    image: bytearray = field(repr=False)

    @property
    def name(self) -> str:
        return f"cut in group {self.group}, kept: {self.kept}"


def read(path: Path) -> list[list[Write]]:
    """The writes between the flushes; those behind the last flush are the last list."""
    groups: list[list[Write]] = [[]]
    with path.open("rb") as file:
        magic, version, count, size = struct.unpack("<QQQI", file.read(28))
        if (magic, version) != (MAGIC, 1):
            raise Failed(f"{path.name} is no log of dm-log-writes, version 1")
        file.seek(size)
        for number in range(count):
            entry = file.read(size).ljust(size, b"\0")
            at, sectors, flags, _ = struct.unpack_from("<QQQQ", entry)
            if flags & DISCARD:
                raise Failed(f"{path.name}: entry {number} is a discard")
            data = file.read(sectors * size)
            if not any(entry) or len(data) != sectors * size:
                raise Failed(f"{path.name} ends in entry {number} of {count}")
            if flags & FLUSH:
                groups.append([])
            if data:
                groups[-1].append(Write(at * size, data, bool(flags & FUA)))
    return groups


def replay(old: bytes, groups: list[list[Write]]) -> bytes:
    """The disk without a power cut."""
    image = bytearray(old)
    for write in sum(groups, []):
        write.apply(image)
    return bytes(image)


def _some(image: bytearray, group: list[Write], random: Random) -> str:
    """A cut while these were on their way. Each is lost, kept, or torn at a sector."""
    kept = []
    for number, write in enumerate(group[:random.randint(0, len(group))]):
        fate = "kept" if write.fua else random.choice(("lost", "kept", "torn"))
        begin, end = 0, len(write.data)
        if fate == "torn":
            begin, end = sorted(512 * random.randint(0, end // 512) for _ in "be")
        if fate != "lost" and begin < end:
            write.apply(image, begin, end)
            kept.append(f"{number}[{begin}:{end}]" if fate == "torn" else str(number))
    return " ".join(kept)


def cuts(old: bytes, groups: list[list[Write]], place: int, number: int = 2) -> Iterator[Cut]:
    """For each group of writes: the cut before it; one for each of its writes to `place`, in
    which that one is kept of all that may be lost; and some by chance. The next one changes the
    image."""
    random = Random(1)
    safe, image = bytearray(old), bytearray(old)
    for i, group in enumerate(groups):
        if not group:
            continue
        yield Cut(i, "none", image)
        for j, write in enumerate(group):
            if write.covers(place):
                for other in (*(other for other in group[:j] if other.fua), write):
                    other.apply(image)
                yield Cut(i, str(j), image)
                image[:] = safe
        for _ in range(number):
            kept = _some(image, group, random)
            if kept:
                yield Cut(i, kept, image)
                image[:] = safe
        for write in group:
            write.apply(safe)
        image[:] = safe
    yield Cut(len(groups), "none", image)
