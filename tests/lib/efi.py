# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI firmware for a guest, with variables in its memory; and disks that it starts."""

import struct
import tempfile
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .proc import Failed, Missing, run
from .qemu import Machine

FIRMWARE = Path("/usr/share/OVMF")
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")      # of authenticated variables
SYSTEMD = uuid.UUID("8cf2644b-4b0b-428f-9387-6d876050dc67")
STORE_HEADER = 28
KEPT_AND_SEEN = 7           # also without power, by the boot loader, by the system
ADDED = 0x3f


@dataclass(frozen=True)
class Variable:
    name: str
    owner: uuid.UUID
    data: bytes
    attributes: int = KEPT_AND_SEEN


def remember(memory: Path, variables: Iterable[Variable]) -> None:
    """Put variables into an empty memory."""
    data = bytearray(memory.read_bytes())
    store = struct.unpack_from("<H", data, 48)[0]
    at = store + STORE_HEADER
    if data[store:store + 16] != STORE.bytes_le or data[at:at + 2] != b"\xff\xff":
        raise Failed("the firmware's memory is not an empty one as this program knows it")
    for variable in variables:
        key = f"{variable.name}\0".encode("utf-16-le")
        put = struct.pack("<HBxIQ16xIII16s", 0x55aa, ADDED, variable.attributes, 0, 0, len(key),
                          len(variable.data), variable.owner.bytes_le) + key + variable.data
        data[at:at + len(put)] = put
        at += -(-len(put) // 4) * 4
    memory.write_bytes(data)


def firmware(machine: Machine, memory: Path) -> None:
    """Give the machine UEFI, with a memory as it comes from the factory, in that file."""
    code = FIRMWARE / "OVMF_CODE.fd"
    if not code.exists():
        raise Missing("ovmf is not installed (see tests/packages)")
    memory.write_bytes((FIRMWARE / "OVMF_VARS.fd").read_bytes())
    machine.extra += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                      "-drive", f"if=pflash,format=raw,file={memory}"]


def connect(machine: Machine, folder: Path, kernel: Path, swap: str) -> None:
    """Start the machine by UEFI, which wants the kernel as it is installed. systemd has noted that
    it hibernated to the swap with that UUID."""
    firmware(machine, folder / "variables")
    value = f'{{"uuid":"{swap}","offset":0,"kernelVersion":"","osReleaseId":"debian"}}\0'
    remember(folder / "variables", [Variable("HibernateLocation", SYSTEMD,
                                             value.encode("utf-16-le"))])
    machine.kernel = kernel


# --- a disk that it starts ------------------------------------------------------------------------

SECTOR = 512
FIRST, TABLE = 2048, 34         # sectors: of the partition; the partition table at each end
SYSTEM_PARTITION = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")


def _table(partition: uuid.UUID, sectors: int, total: int) -> tuple[bytes, bytes]:
    """A GPT with one partition, for the beginning and the end of the disk (UEFI 2.10, 5.3)."""
    entries = (SYSTEM_PARTITION.bytes_le + partition.bytes_le +
               struct.pack("<QQQ", FIRST, FIRST + sectors - 1, 0)).ljust(128 * 128, b"\0")
    own = uuid.UUID(int=partition.int ^ 1).bytes_le

    def header(at: int, other: int, table: int) -> bytes:
        head = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, at, other, TABLE,
                           total - TABLE, own, table, 128, 128, zlib.crc32(entries))
        return (head[:16] + struct.pack("<I", zlib.crc32(head)) + head[20:]).ljust(SECTOR, b"\0")

    # The old partition table says that all of the disk is taken.
    old = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xee, b"\xff" * 3, 1,
                                   total - 1) + bytes(48) + b"\x55\xaa"
    return old + header(1, total - 1, 2) + entries, entries + header(total - 1, 1, total - 33)


def system_partition(folder: Path, disk: Path, partition: uuid.UUID) -> None:
    """A disk with an EFI system partition that holds what is in the folder."""
    with tempfile.TemporaryDirectory(dir=disk.parent) as scratch:
        whole = Path(scratch, "fat")
        # QEMU shows a folder as a disk with an old partition table.
        run(["qemu-img", "convert", "-O", "raw", "-f", "vvfat", f"fat:{folder}", whole])
        with whole.open("rb") as source, disk.open("wb") as target:
            begin, sectors = struct.unpack_from("<II", source.read(SECTOR), 446 + 8)
            total = FIRST + sectors + TABLE
            first, last = _table(partition, sectors, total)
            target.write(first)
            target.truncate(total * SECTOR)
            source.seek(begin * SECTOR)
            target.seek(FIRST * SECTOR)
            for _ in range(0, sectors, 2048):
                piece = source.read(2048 * SECTOR)
                if piece.strip(b"\0"):
                    target.write(piece)
                else:
                    target.seek(len(piece), 1)
            target.seek((total - 33) * SECTOR)
            target.write(last)
