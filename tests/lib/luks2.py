# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading a LUKS2 header from a file, enough to know what lies where (no cryptsetup on the host
needed)."""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = (b"LUKS\xba\xbe", b"SKUL\xba\xbe")      # first and second copy


@dataclass(frozen=True)
class Header:
    size: int            # of one copy: binary part and JSON; the second copy starts there
    uuid: str
    json: dict

    @property
    def segment(self) -> dict:
        return next(iter(self.json["segments"].values()))

    @property
    def data(self) -> int:
        """Where the data area starts; with integrity the dm-integrity superblock is its first
        sector."""
        return int(self.segment["offset"])


def read(path: Path, offset: int = 0) -> Header:
    with path.open("rb") as file:
        file.seek(offset)
        head = file.read(4096)
        if head[:6] not in MAGIC or head[6:8] != b"\0\2":
            raise ValueError(f"{path}: no LUKS2 header at {offset}")
        size, = struct.unpack_from(">Q", head, 8)
        uuid = head[168:208].rstrip(b"\0").decode()
        text = file.read(size - 4096).split(b"\0", 1)[0]
    return Header(size, uuid, json.loads(text))


def pin(path: Path) -> str:
    """The value of x-intact.volume-key= for this disk."""
    digest = read(path).json["digests"]["0"]
    text = "".join(f"{digest[name]}\0" for name in ("type", "hash", "iterations", "salt", "digest"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
