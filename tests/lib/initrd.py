# SPDX-License-Identifier: GPL-2.0-or-later
"""Initramfs images as a guest unpacks them fastest: the same archive, decompressed on the host.

Unpacking 30 MiB of zstd takes an emulated CPU longer than all the rest of the kernel's start. The
content, byte for byte, is the generator's. The benchmark boots the compressed original.
"""

import subprocess
from pathlib import Path

from .proc import Failed

COMPRESSORS = ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\0", "xz"),
               (b"\x02\x21\x4c\x18", "lz4"), (b"\x5d\0\0", "xz --format=lzma"), (b"BZh", "bzip2"))


def _archive_end(data: bytes, at: int) -> int:
    """Where the cpio archive that starts at `at` ends."""
    while data[at:at + 6] in (b"070701", b"070702"):
        size = int(data[at + 54:at + 62], 16)
        name_size = int(data[at + 94:at + 102], 16)
        name = data[at + 110:at + 110 + name_size - 1]
        at += (110 + name_size + 3) // 4 * 4
        at += (size + 3) // 4 * 4
        if name == b"TRAILER!!!":
            return at
    raise Failed("a damaged cpio archive")


def unpacked(source: Path, target: Path) -> None:
    """Write the image with every compressed part decompressed."""
    data = source.read_bytes()
    at = 0
    with target.open("wb") as out:
        while at < len(data):
            if data[at] == 0:
                # Zeros pad to where the next archive starts; the kernel skips them as well.
                following = len(data) - len(data[at:].lstrip(b"\0"))
                at = following
                continue
            if data[at:at + 5] == b"07070":
                end = _archive_end(data, at)
                out.write(data[at:end])
                out.write(b"\0" * (-out.tell() % 512))
                at = end
                continue
            for magic, program in COMPRESSORS:
                if data.startswith(magic, at):
                    done = subprocess.run([*program.split(), "-dcq"], input=data[at:],
                                          stdout=subprocess.PIPE, check=False)
                    if not done.stdout.startswith(b"07070"):
                        raise Failed(f"{source}: {program} does not unpack it")
                    out.write(done.stdout)
                    return
            raise Failed(f"{source}: unknown compression {data[at:at + 6].hex()}")
