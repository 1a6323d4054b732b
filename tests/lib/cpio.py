# SPDX-License-Identifier: GPL-2.0-or-later
"""Writing and reading cpio archives ("newc", what the kernel unpacks as initramfs) without the cpio
program.

Device nodes and root-owned files come out the same whoever runs it, and the same input gives the
same bytes.
"""

import stat
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One file of an archive."""
    name: str                   # without a leading slash
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    device: tuple[int, int] = (0, 0)


def file(name: str, data: bytes | str, mode: int = 0o644) -> Entry:
    return Entry(name.lstrip("/"), data.encode() if isinstance(data, str) else data,
                 stat.S_IFREG | mode)


def folder(name: str, mode: int = 0o755) -> Entry:
    return Entry(name.strip("/"), b"", stat.S_IFDIR | mode)


def link(name: str, target: str) -> Entry:
    return Entry(name.lstrip("/"), target.encode(), stat.S_IFLNK | 0o777)


def node(name: str, major: int, minor: int, kind: int = stat.S_IFCHR, mode: int = 0o600) -> Entry:
    return Entry(name.lstrip("/"), b"", kind | mode, (major, minor))


def copy(source: Path, name: str) -> Entry:
    """A file or symbolic link of the host under another name."""
    if source.is_symlink():
        return link(name, str(source.readlink()))
    return file(name, source.read_bytes(), stat.S_IMODE(source.stat().st_mode))


def _files(known: dict[str, Entry]) -> dict[str, list[str]]:
    """All names of its file for each name. read() gives the names of one file one object."""
    files: dict[tuple[int, int], list[str]] = {}
    for name in sorted(known):
        large = stat.S_ISREG(known[name].mode) and len(known[name].data) > 4096
        files.setdefault((id(known[name].data), known[name].mode) if large else (0, len(files)),
                         []).append(name)
    return {name: names for names in files.values() for name in names}


def pack(entries: list[Entry]) -> bytes:
    """The archive; folders that are needed and not listed are added."""
    known = {entry.name: entry for entry in entries}
    for name in list(known):
        for parent in Path(name).parents:
            if str(parent) != "." and str(parent) not in known:
                known[str(parent)] = folder(str(parent))
    files = _files(known)
    numbers = {name: number for number, name in enumerate(sorted(known), 1)}
    out = bytearray()

    def add(number: int, name: str, entry: Entry, names: int = 1) -> None:
        raw = name.encode() + b"\0"
        fields = (number, entry.mode, 0, 0, 2 if stat.S_ISDIR(entry.mode) else names, 0,
                  len(entry.data), 0, 0, *entry.device, len(raw), 0)
        out.extend(b"070701" + b"".join(b"%08X" % value for value in fields) + raw)
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(entry.data)
        out.extend(b"\0" * (-len(out) % 4))

    for name, names in sorted(files.items()):
        # The last name brings the content.
        entry = known[name] if name == names[-1] else replace(known[name], data=b"")
        add(numbers[names[0]], name, entry, len(names))
    add(0, "TRAILER!!!", Entry("", b"", 0))
    out.extend(b"\0" * (-len(out) % 512))
    return bytes(out)


def read(data: bytes) -> dict[str, Entry]:
    """What is there after the kernel has unpacked these archives, which follow each other
    uncompressed."""
    found: dict[str, Entry] = {}
    at = 0
    links: dict[tuple[int, ...], list[str]] = {}        # of this archive: inode → its names
    while at < len(data):
        if data[at] == 0:       # zeros pad to the next archive
            at = len(data) - len(data[at:].lstrip(b"\0")) if at + 4 > len(data) else at + 4
            continue
        if data[at:at + 6] not in (b"070701", b"070702"):
            raise ValueError(f"no cpio header at {at}")
        inode, mode, _, _, names, _, size, major, minor, *device, length, _ = (
            int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13))
        name = data[at + 110:at + 110 + length - 1].decode(errors="surrogateescape")
        begin = at + (110 + length + 3) // 4 * 4
        content = bytes(data[begin:begin + size])
        if len(content) != size:
            raise ValueError(f"{name} is cut short")
        at = begin + (size + 3) // 4 * 4
        if name == "TRAILER!!!":
            links.clear()
            continue
        # bsdcpio writes a folder as "usr/bin/".
        name = name.strip("/").removeprefix("./")
        found[name] = Entry(name, content, mode, (device[0], device[1]))
        if names > 1 and stat.S_ISREG(mode):
            # One name of several of the same file brings the content, usually the last.
            same = links.setdefault((inode, major, minor), [])
            same.append(name)
            if size:
                for other in same:
                    found[other] = Entry(other, content, mode)
    return found
