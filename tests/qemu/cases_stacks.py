# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots from stacks: RAID, LVM, multipath, several volumes below one root."""

from pathlib import Path

from lib import disks, legs, rootfs
from lib.proc import Failed, run
from lib.tamper import MD_BEHIND

from .boot import Case, answer, expect

MD = "is a part of a RAID array"


def same_content(folder: Path) -> None:
    """Both halves of the RAID 1 hold the same, but for their superblocks."""
    halves = []
    for number in (0, 1):
        raw = folder / f"half{number}"
        run(["qemu-img", "convert", "-O", "raw", folder / f"drive{number}.qcow2", raw])
        halves.append(raw.read_bytes()[:-MD_BEHIND])
        raw.unlink()
    if halves[0] != halves[1]:
        differ = sum(halves[0][at:at + 4096] != halves[1][at:at + 4096]
                     for at in range(0, len(halves[0]), 4096))
        raise Failed(f"the halves of the array differ in {differ} blocks")


def healed(folder: Path) -> None:
    """What was wrong in /sbin/init on the first disk was written anew from the second. (The file
    system itself wrote the other block.)"""
    raw, made = folder / "healed", disks.disk("leg-rotten")
    run(["qemu-img", "convert", "-O", "raw", folder / "drive0.qcow2", raw])
    if "block.init" not in legs.noted(made, raw):
        raise Failed("the array did not correct the block of /sbin/init")
    raw.unlink()


RAID = Case("stack", disk=("raid-member", "raid-other"), disks_after=same_content,
            shows=("/dev/md0 is open and protected",),
            hides=("/dev/vd. is open", "same UUID"))

CASES: dict[str, Case] = {
    "stack/raid": RAID,
    "stack/raid-late": Case("stack-late", disk=RAID.disk, disks_after=same_content,
                            shows=(*RAID.shows, f"/dev/vd[ab] {MD}"), hides=RAID.hides),
    # One disk of the array is missing; the other one shows no LUKS header.
    "stack/raid-degraded": Case(
        "stack", disk="raid-before", shows=("/dev/md0 is open and protected",),
        dialogue=(expect("starting RAID arrays and volume groups without the disks"),
                  *answer())),
    # crc32c below the array: it takes from its other disk what does not match, and corrects it as
    # soon as something was written to the array.
    "stack/legs": Case(
        "stack-legs", append="rw", disk=("leg-rotten", "leg-other"), disks_after=healed,
        shows=(r"leg0: /dev/vda is open, with crc32c checksums \(bitmap\)",
               "leg1: /dev/vdb is open, with crc32c checksums", *RAID.shows,
               r"leg0: warning: blocks of /dev/vda did not match their crc32c checksum: \d+ time"),
        hides=("same UUID", "leg1: warning")),
    "stack/lvm": Case("stack", disk="lvm", root="/dev/system/root",
                      stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif"),
    "stack/on-lvm": Case("stack", disk="on-lvm",
                         stack=f"{rootfs.NAME} over {rootfs.NAME}_dif over outer-crypt"),
}
