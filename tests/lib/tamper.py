# SPDX-License-Identifier: GPL-2.0-or-later
"""What an attacker, an accident or a bad cable does to a disk: each function changes a file in
place.

A byte of a given *file-system* block cannot be found by arithmetic without repeating dm-integrity's
layout (superblock, journal, tags interleaved with data by parameters of its own). So when a disk is
made, the lab guest reads the block's ciphertext through NAME_dif, as dm-crypt sees it, and keeps it
beside the disk; here those 4096 bytes are looked for on the raw disk and one of them is flipped.
Found exactly once (beyond the journal, which keeps old copies), or the tampering fails loudly.
"""

import hashlib
import json
import struct
from pathlib import Path

from . import luks2
from .proc import Failed, run


def _write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def flip(path: Path, offset: int) -> None:
    """Invert one bit of one byte."""
    with path.open("r+b") as file:
        file.seek(offset)
        old = file.read(1)
        file.seek(offset)
        file.write(bytes([old[0] ^ 1]))


def header_first(path: Path) -> None:
    """Destroy the first copy of the LUKS2 header."""
    _write(path, 0, b"\0" * 4096)


def header_second(path: Path) -> None:
    """Destroy the second copy of the LUKS2 header."""
    for size in (0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000):
        with path.open("rb") as file:
            file.seek(size)
            if file.read(6) == luks2.MAGIC[1]:
                break
    else:
        raise Failed(f"{path}: no second header copy")
    _write(path, size, b"\0" * 4096)


def integrity_superblock(path: Path) -> None:
    """Damage the superblock of dm-integrity: the first sector of the data area."""
    _write(path, luks2.read(path).data, b"\xff" * 512)


def truncate(path: Path) -> None:
    """Cut off the last quarter of the data area."""
    data = luks2.read(path).data
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate((data + (size - data) * 3 // 4) // 4096 * 4096)


def truncate_in_header(path: Path) -> None:
    """Cut the disk off inside the keyslot area."""
    with path.open("r+b") as file:
        file.truncate(1 << 20)


def edit_header(path: Path, change) -> None:
    """Rewrite the JSON of both header copies, with correct checksums (the header is not
    authenticated)."""
    header = luks2.read(path)
    text = header.json
    change(text)
    area = json.dumps(text, separators=(",", ":")).encode().ljust(header.size - 4096, b"\0")
    for offset in (0, header.size):
        with path.open("r+b") as file:
            file.seek(offset)
            binary = bytearray(file.read(4096))
            name = binary[72:104].rstrip(b"\0").decode()
            sequence, = struct.unpack_from(">Q", binary, 16)
            struct.pack_into(">Q", binary, 16, sequence + 1)
            binary[448:512] = b"\0" * 64
            checksum = hashlib.new(name, bytes(binary) + area).digest()
            binary[448:448 + len(checksum)] = checksum
            file.seek(offset)
            file.write(bytes(binary) + area)


def unknown_cipher(path: Path) -> None:
    """A header that asks for a cipher no kernel has."""
    def change(text: dict) -> None:
        for segment in text["segments"].values():
            segment["encryption"] = "frobnicate-xts-plain64"
    edit_header(path, change)


def unknown_hash(path: Path) -> None:
    """A header that asks for an integrity that exists only on other hardware."""
    def change(text: dict) -> None:
        for segment in text["segments"].values():
            segment["integrity"]["type"] = "phmac(sha256)"
    edit_header(path, change)


def _memory(path: Path, memory: int) -> None:
    def change(text: dict) -> None:
        text["keyslots"]["0"]["kdf"]["memory"] = memory
    edit_header(path, change)


def memory_4_tib(path: Path) -> None:
    """The first keyslot asks for 4 TiB of memory: what libcryptsetup, which takes any number here,
    makes of -1."""
    _memory(path, -1)


def memory_most(path: Path) -> None:
    """The first keyslot asks for nearly all the memory of a lab guest: more than is free, less than
    there is."""
    _memory(path, 960 << 10)


def find_block(path: Path, content: bytes) -> list[int]:
    """Where the content lies on the disk, at 512-byte steps, beyond the header."""
    if len(set(content)) < 16:
        raise Failed(f"{path}: the block to look for is not ciphertext")
    found = []
    data = path.read_bytes()
    at = data.find(content, luks2.read(path).data)
    while at >= 0:
        if at % 512 == 0:
            found.append(at)
        at = data.find(content, at + 1)
    return found


def _flip_noted(path: Path, note: str) -> None:
    places = find_block(path, (path.parent / note).read_bytes())
    if len(places) != 1:
        raise Failed(f"{path}: the block of {note} was found {len(places)} times, wanted once")
    flip(path, places[0] + 1024 + 7)


def flip_fs_superblock(path: Path) -> None:
    """Flip a bit in block 0 of the file system: its superblock."""
    _flip_noted(path, "block.fs")


def flip_init(path: Path) -> None:
    """Flip a bit in the block that holds /sbin/init."""
    _flip_noted(path, "block.init")


def file_block(image: Path, name: str) -> int:
    """The first data block of a file in an ext4 image."""
    text = run(["debugfs", "-R", f"blocks {name}", image])
    for line in text.splitlines():
        words = line.split()
        if words and all(word.isdigit() for word in words):
            return int(words[0])
    raise Failed(f"{image}: no blocks of {name}: {text}")
