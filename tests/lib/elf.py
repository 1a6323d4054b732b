# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a 64-bit little-endian ELF file, enough to know what it cannot run without."""

import struct
from dataclasses import dataclass

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_RPATH, DT_RUNPATH = 1, 5, 15, 29


@dataclass(frozen=True)
class Elf:
    """What an ELF file asks for."""
    interpreter: str            # the dynamic loader; "" for a library or a static program
    needed: tuple[str, ...]     # libraries, by the names that the loader looks for
    paths: tuple[str, ...]      # folders to look in first, perhaps with $ORIGIN


def _string(data: bytes, at: int) -> str:
    return data[at:data.index(b"\0", at)].decode()


def read(data: bytes) -> Elf | None:
    """None when it is not an ELF file of that kind; ValueError when the file is damaged or cut
    short."""
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    try:
        return _read(data)
    except struct.error as error:
        raise ValueError(str(error)) from error


def _read(data: bytes) -> Elf:
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = []
    for at in range(start, start + size * count, size):
        kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, at)
        if kind == PT_LOAD and offset + length > len(data):
            raise ValueError(f"it has {len(data)} bytes of at least {offset + length}")
        segments.append((kind, offset, address, length))

    def place(address: int) -> int:
        """Where in the file an address of the loaded program lies."""
        for kind, offset, begin, length in segments:
            if kind == PT_LOAD and begin <= address < begin + length:
                return address - begin + offset
        raise ValueError(f"no segment holds {address:#x}")

    interpreter = ""
    entries: list[tuple[int, int]] = []
    for kind, offset, _, length in segments:
        if kind == PT_INTERP:
            interpreter = _string(data, offset)
        if kind == PT_DYNAMIC:
            entries += struct.iter_unpack("<QQ", data[offset:offset + length // 16 * 16])
    if (0, 0) in entries:
        entries = entries[:entries.index((0, 0))]
    tables = [place(value) for tag, value in entries if tag == DT_STRTAB]
    if not tables:
        return Elf(interpreter, (), ())
    names = {
        tag: tuple(_string(data, tables[0] + value) for other, value in entries if other == tag)
        for tag in (DT_NEEDED, DT_RPATH, DT_RUNPATH)}
    # The older kind counts only without the newer.
    paths = names[DT_RUNPATH] or names[DT_RPATH]
    return Elf(interpreter, names[DT_NEEDED],
               tuple(path for text in paths for path in text.split(":")))
