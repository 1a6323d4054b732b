# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots from stacks: RAID, LVM, several volumes below one root; each with every generator."""

from dataclasses import replace
from pathlib import Path

from lib import disks, layouts, legs, rootfs
from lib.disks import ROOT_UUID
from lib.gen_dracut import SUITES
from lib.proc import Failed, run
from lib.tamper import MD_BEHIND

from .boot import Case, answer, expect, plug, quiet

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
# udev, systemd and LVM may need long before the disk is there.
PATIENT = f"rd.luks.options={ROOT_UUID}=x-systemd.device-timeout=240"
MULTIPATH = Case("multipath", paths=2, append=PATIENT, hides=("/dev/sd[ab] is open", "same UUID"),
                 shows=(r"/dev/dm-\d is open and protected",),
                 stack=f"{rootfs.NAME} over {rootfs.NAME}_dif over mpatha")
RESUME = Case("stack-resume", disk="lvm-swap", root="/dev/system/root",
              stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif",
              shows=(r"PM: .*mage",), hides=("EXT4-fs(.*\n)*.*PM: .*mage",))
USR = "rw mount.usr=/dev/mapper/usr mount.usrfstype=ext4 systemd.show_status=1"
FSTAB_USR = Case("usr", disk=("names-usr", "usr"), append="rw loglevel=7",
                 shows=("usr: /dev/vd. is open and protected",
                        r"mounted filesystem(.*\n)+.*mounted filesystem"))
MISSING = (expect("other: error: the system starts WITHOUT this disk", 180),)
# The root on an LVM mirror: the half of it that is there, and LVM's stand-ins for the other.
HALVES = ((0, f"{rootfs.NAME} over {rootfs.NAME}_dif"), (1, "system-root_r{part}_1-missing_0_0"))
HALF = " over ".join(["system-root"] + [
    f"system-root_r{part}_{number} over {below.format(part=part)}"
    for number, below in HALVES for part in ("meta", "image")])

# Debian's own tests: the first passphrase opens one half of the volumes, the second one the others.
LAYOUT_MD = Case(
    "md", disk=tuple(f"md-{number}" for number in range(4)), root="/dev/system/root",
    dialogue=(*answer(), *answer(layouts.SECOND, "Please unlock disk swap0: ")),
    shows=tuple(f"{name}: /dev/vd. is open" for name in (rootfs.NAME, "other", "swap0", "swap1")),
    stack="system-root")                # on an array, which the report does not look below
LAYOUT_NESTED = Case(
    "nested", disk=tuple(f"nested-{number}" for number in range(4)),
    append="rootflags=subvol=@",
    dialogue=(*answer(), *answer(layouts.SECOND, "Please unlock disk inner: ")),
    shows=("inner: /dev/dm-. is open", "other: /dev/md1 is open",
           f"{rootfs.NAME}: /dev/vd. is open"))
LAYOUTS = {"md": LAYOUT_MD, "nested": LAYOUT_NESTED}

# What every generator boots; the images of one that has several kinds of them differ in name.
EACH: dict[str, Case] = {
    # One half of the array is there before the other, which comes before the time to start without.
    "raid": replace(
        RAID, late=True, append=PATIENT,
        dialogue=(expect(f"/dev/vd. {MD}"), quiet("Please unlock|is open", 3), plug(), *answer())),
    # One disk of the array is missing; the other one shows no LUKS header.
    "raid-degraded": Case(
        "stack", disk="raid-before", shows=("/dev/md0 is open and protected",),
        dialogue=(expect("starting RAID arrays and volume groups without the disks"),
                  *answer())),
    "lvm": Case("stack", disk="lvm", root="/dev/system/root",
                stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif"),
    # dracut's TEST-20: LVM on the volume on an array.
    "raid-lvm": Case("stack", disk=("raid-lvm", "raid-lvm-other"), root="/dev/system/root",
                     shows=("/dev/md0 is open and protected",),
                     stack=f"system-root over {rootfs.NAME} over {rootfs.NAME}_dif"),
    "on-lvm": Case("stack", disk="on-lvm", append=PATIENT,
                   stack=f"{rootfs.NAME} over {rootfs.NAME}_dif over outer-crypt"),
    # The root on two volumes, for which one passphrase is enough …
    "btrfs": Case("pair", disk=("btrfs-a", "btrfs-b"),
                  shows=("other: /dev/vd. is open and protected",)),
    # … and one of which is missing: a btrfs, which must be allowed to start, or a mirror of LVM.
    "btrfs-missing": Case("pair", disk="btrfs-a", append="rootflags=degraded",
                          dialogue=(*answer(), *MISSING)),
    "mirror-missing": Case("pair", disk="pair-lvm-a", root="/dev/system/root", stack=HALF,
                           dialogue=(*answer(), *MISSING)),
    # crc32c below the array: it takes from its other disk what does not match, and corrects it as
    # soon as something was written to the array.
    "legs": Case(
        "md-legs", append="rw", disk=("leg-rotten", "leg-other"), disks_after=healed,
        shows=(r"leg0: /dev/vd. is open, with crc32c checksums \(bitmap\)",
               "leg1: /dev/vd. is open, with crc32c checksums", *RAID.shows,
               r"leg0: warning: blocks of /dev/vd. did not match their crc32c checksum: \d+ time"),
        hides=("same UUID", "leg1: warning")),
}
# Kinds of images: the names of theirs begin with the second; rd.auto is dracut's word for "all".
OTHERS = {**{f"dracut-{kind}{suite}": (f"dracut-{kind}-{{}}{suite}", "rd.auto")
             for kind in ("systemd", "plain") for suite in SUITES},
          **{f"mkinitcpio-{kind}": (f"mkinitcpio-{kind}-{{}}", "") for kind in ("udev", "systemd")}}

ALL: dict[str, Case] = {
    **{name: replace(case, image=f"stack-{case.image}".replace("stack-stack", "stack"))
       for name, case in EACH.items()},
    **{f"{kind}/{name}": replace(case, image=image.format(case.image),
                                 append=f"{case.append} {word}".strip())
       for kind, (image, word) in OTHERS.items() for name, case in EACH.items()},
    "raid-in-time": RAID,
    **{name: replace(case, image=f"stack-{name}") for name, case in LAYOUTS.items()},
    **{f"{kind}/{name}": replace(case, image=image.format(name),
                                 append=f"{case.append} {word}".strip())
       for kind, (image, word) in OTHERS.items() for name, case in LAYOUTS.items()},
    # Two ways to one disk: it is opened on the map of both, and never on one of them.
    "multipath": MULTIPATH,
    **{f"dracut-{kind}{suite}/multipath": replace(
        MULTIPATH, image=f"dracut-{kind}-multipath{suite}")
       for kind in ("systemd", "plain") for suite in SUITES},
    # With "find_multipaths smart": both ways to it, or the only one, which no map is made of.
    **{f"dracut-{kind}{suite}/smart": replace(
        MULTIPATH, image=f"dracut-{kind}-smart{suite}")
       for kind in ("systemd", "plain") for suite in SUITES},
    **{f"dracut-{kind}{suite}/smart-single": replace(
        MULTIPATH, image=f"dracut-{kind}-smart{suite}", paths=1,
        shows=("/dev/sda is open and protected",), hides=(),
        stack=f"{rootfs.NAME} over {rootfs.NAME}_dif")
       for kind in ("systemd", "plain") for suite in SUITES},
    "raid-late": Case("stack-late", disk=RAID.disk, disks_after=same_content,
                      shows=(*RAID.shows, f"/dev/vd[ab] {MD}"), hides=RAID.hides),
    # The resume comes between the volumes and the root, and finds nothing.
    "resume-lvm": RESUME,
    **{f"dracut-systemd{suite}/resume-lvm": replace(
        RESUME, image=f"dracut-systemd-resume-lvm{suite}", append="resume=/dev/system/swap")
       for suite in SUITES},
    **{f"mkinitcpio-{kind}/resume-lvm": replace(
        RESUME, image=f"mkinitcpio-{kind}-resume-lvm", append="resume=/dev/system/swap")
       for kind in ("udev", "systemd")},
    # /usr on a volume of its own, which is mounted before the root; and one that failed its check.
    **{f"dracut-systemd{suite}/usr": Case(
        f"dracut-systemd-usr{suite}", disk=("tiny", "usr"), append=USR,
        shows=("usr: /dev/vd. is open and protected", "Mounted .*/usr"))
       for suite in SUITES},
    "mkinitcpio-systemd/usr": Case(
        "mkinitcpio-systemd-usr", disk=("tiny", "usr"), append=USR,
        shows=("usr: /dev/vd. is open and protected", "Mounted .*/usr")),
    # … as the root's own fstab names it, in images without systemd.
    "usr": FSTAB_USR,
    "mkinitcpio-udev/usr": replace(FSTAB_USR, image="mkinitcpio-udev-usr"),
    **{f"dracut-plain{suite}/usr": replace(FSTAB_USR, image=f"dracut-plain-usr{suite}")
       for suite in SUITES},
    **{f"dracut-systemd{suite}/usr-flip": Case(
        f"dracut-systemd-usr{suite}", disk=("tiny", "usr-flip"), append=USR, ends="shell",
        shows=("usr: error: .*Integrity check failed", "Dependency failed for .*/usr"),
        hides=("Mounted .*/usr", "(Starting|Started|Finished) File System Check on .*/usr"))
       for suite in SUITES},
}

# Some of everything; the rest only when asked for by name.
DIAGONAL = ("raid-in-time", "raid-late", "raid-degraded", "legs", "lvm", "on-lvm", "btrfs-missing",
            "mirror-missing", "multipath", "dracut-plain@trixie/raid",
            "mkinitcpio-systemd/raid-degraded", "dracut-systemd@trixie/btrfs-missing")
CASES: dict[str, Case] = {("stack/" if name in DIAGONAL else "slow/stack/") + name: case
                          for name, case in ALL.items()}
