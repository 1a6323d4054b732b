# SPDX-License-Identifier: GPL-2.0-or-later
"""Which image of ours stands against which of theirs, generator by generator.

A pair of which lib/images.py lacks an image is not measured. Images of theirs differ from one of ours in nothing else: same
tree, same options, what their guides have people add.
"""

import os
from dataclasses import dataclass, replace

from lib import disks, images
from lib.images import NAME, TABLE

from . import table

BY_NAME = f"rd.luks.name={disks.ROOT_UUID}={NAME}"


@dataclass(frozen=True)
class Pair:
    family: str             # the generator
    kind: str               # which image of it, and their hook
    ours: str
    theirs: str
    none: str               # an image with neither, to count bytes against
    packages: tuple[str, ...]
    prompt: str = rf"[Ee]nter passphrase for .*: ?"     # theirs
    append: str = ""        # what theirs needs on the kernel command line

    @property
    def label(self) -> str:
        return f"{self.family} {self.kind}".strip()


PAIRS = (
    Pair("initramfs-tools", "", "most", "peer", "bare", ("initramfs-tools-core", "cryptsetup-initramfs"),
         prompt=f"Please unlock disk {NAME}: "),
    Pair("dracut", "systemd", "dracut-systemd", "dracut-systemd-peer", "dracut-systemd-none", ("dracut-core", "systemd"),
         append=BY_NAME),
    Pair("dracut", "plain", "dracut-plain", "dracut-plain-peer", "dracut-plain-none", ("dracut-core",),
         prompt=r"[Ee]nter passphrase.*: ?|Password \(.*\): ?", append=BY_NAME),
    Pair("mkinitcpio", "encrypt", "mkinitcpio-udev", "mkinitcpio-udev-peer", "mkinitcpio-udev-none", (),
         append=f"cryptdevice=UUID={disks.ROOT_UUID}:{NAME}"),
    Pair("mkinitcpio", "sd-encrypt", "mkinitcpio-systemd", "mkinitcpio-systemd-peer", "mkinitcpio-systemd-none", ("systemd",),
         append=BY_NAME),
)


def _add(name: str, base: str, **changes: object) -> None:
    if base in TABLE and name not in TABLE:
        TABLE[name] = replace(TABLE[base], ours=False, **changes)       # type: ignore[arg-type]


# dracut's crypt module, which goes in by itself only where it sees the disk, and neither that nor ours.
for _kind in ("systemd", "plain"):
    _add(f"dracut-{_kind}-peer", f"dracut-{_kind}-beside")
    _add(f"dracut-{_kind}-none", f"dracut-{_kind}", crypttab="")


def missing(pair: Pair) -> str:
    """The image that the table lacks, if any."""
    return next((name for name in (pair.ours, pair.theirs, pair.none) if name not in images.TABLE), "")


def chosen() -> list[Pair]:
    """Those that were asked for and are there; a word about the others."""
    words = os.environ.get("BENCH_GENERATORS", "").replace(",", " ").split()
    found = []
    for pair in PAIRS:
        if words and not any(word in pair.label for word in words):
            continue
        lacking = missing(pair)
        if lacking:
            table.skip(pair.label, f"lib/images.py has no image {lacking}")
        else:
            found.append(pair)
    return found
