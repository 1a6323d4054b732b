# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks with standalone dm-integrity (integritysetup): legs of a RAID array."""

from pathlib import Path

from . import lab, rootfs
from .proc import Failed
from .qemu import Drive

ALGORITHM = "crc32c"
NOTES = ("block.fs", "block.init")


def leg(path: Path) -> None:
    """Put the disk into a standalone dm-integrity device. No journal, which would keep copies."""
    content = path.with_suffix(".content")
    path.rename(content)
    with path.open("wb") as file:
        file.truncate(content.stat().st_size // 100 * 104 + 8 * rootfs.MIB)
    # To the end, where dd stops with "no space left": a block that was never written has no
    # checksum.
    script = f"""set -e
integritysetup format -q --integrity {ALGORITHM} --no-wipe "$DISK0"
integritysetup open --integrity {ALGORITHM} --integrity-no-journal "$DISK0" leg
dd if=/dev/zero of=/dev/mapper/leg bs=1M 2>/dev/null || :
dd if="$DISK1" of=/dev/mapper/leg bs=1M conv=notrunc,fsync 2>/dev/null
integritysetup close leg
"""
    result = lab.lab(lab.Job(script, drives=[Drive(path, keep=True), Drive(content)], timeout=600))
    if result.exit:
        raise lab.Unexpected(f"no leg was made: exit {result.exit}\n{result.output}")
    content.unlink()


def noted(disk: Path, raw: Path) -> list[str]:
    """Which of the blocks that were noted when the disk was made are on this one. A sector of each
    is looked for without its last bytes, which are others in dm-integrity's journal."""
    data = raw.read_bytes()
    return [note for note in NOTES
            if (disk.parent / note).read_bytes()[1024:1024 + 504] in data]


def rot(path: Path) -> None:
    """Other bytes in the noted blocks of a leg, below its checksums."""
    data = bytearray(path.read_bytes())
    for note in NOTES:
        at = data.find((path.parent / note).read_bytes())
        if at < 0:
            raise Failed(f"{path}: the block of {note} is not there")
        data[at:at + 4096] = bytes(byte ^ 0xff for byte in data[at:at + 4096])
    path.write_bytes(data)
    if noted(path, path):
        raise Failed(f"{path}: there is another copy of a noted block")
