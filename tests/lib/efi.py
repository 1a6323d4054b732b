# SPDX-License-Identifier: GPL-2.0-or-later
"""UEFI firmware for a guest, with a variable of systemd's in its memory."""

import struct
import uuid
from pathlib import Path

from .proc import Failed, Missing
from .qemu import Machine

FIRMWARE = Path("/usr/share/OVMF")
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")      # of authenticated variables
SYSTEMD = uuid.UUID("8cf2644b-4b0b-428f-9387-6d876050dc67")
STORE_HEADER = 28
KEPT_AND_SEEN = 7           # also without power, by the boot loader, by the system
ADDED = 0x3f


def _with_variable(memory: bytearray, name: str, text: str) -> None:
    """Put the first variable into an empty memory."""
    store = struct.unpack_from("<H", memory, 48)[0]
    at = store + STORE_HEADER
    if memory[store:store + 16] != STORE.bytes_le or memory[at:at + 2] != b"\xff\xff":
        raise Failed("the firmware's memory is not an empty one as this program knows it")
    key, value = (f"{word}\0".encode("utf-16-le") for word in (name, text))
    header = struct.pack("<HBxIQ16xIII16s", 0x55aa, ADDED, KEPT_AND_SEEN, 0, 0, len(key),
                         len(value), SYSTEMD.bytes_le)
    memory[at:at + len(header + key + value)] = header + key + value


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
    memory = bytearray((folder / "variables").read_bytes())
    _with_variable(memory, "HibernateLocation",
                   f'{{"uuid":"{swap}","offset":0,"kernelVersion":"","osReleaseId":"debian"}}')
    (folder / "variables").write_bytes(memory)
    machine.kernel = kernel
