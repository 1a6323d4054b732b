# SPDX-License-Identifier: GPL-2.0-or-later
"""Which image of ours stands against which of theirs, generator by generator.

A pair of which lib/images.py lacks an image is not measured. Images of theirs differ from one of
ours in nothing else: same tree, same options, what their guides have people add.
"""

import os
from dataclasses import dataclass, replace

from lib import disks, images
from lib.images import NAME, TABLE

from . import table

BY_NAME = f"rd.luks.name={disks.ROOT_UUID}={NAME}"
# dracut without systemd takes the name from there, but opens only what it is told to by this.
BY_UUID = f"rd.luks.uuid={disks.ROOT_UUID} {BY_NAME}"


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
    # when the image of ours holds their hook too: one that does not, and one with neither
    alone: tuple[str, str] = ("", "")

    @property
    def label(self) -> str:
        return f"{self.family} {self.kind}".strip()


PAIRS = (
    Pair("initramfs-tools", "", "most", "peer", "bare",
         ("initramfs-tools-core", "cryptsetup-initramfs"), prompt=f"Please unlock disk {NAME}: "),
    # Images for any machine: in a chroot dracut sees no disk that its own module could be fitted
    # to.
    Pair("dracut", "systemd", "dracut-systemd-generic", "dracut-systemd-peer",
         "dracut-systemd-none", ("dracut-core", "systemd"), append=BY_UUID,
         alone=("dracut-systemd", "dracut-systemd-hostonly-none")),
    Pair("dracut", "plain", "dracut-plain-generic", "dracut-plain-peer", "dracut-plain-none",
         ("dracut-core",), prompt=r"[Ee]nter passphrase.*: ?|Password \(.*\): ?", append=BY_UUID,
         alone=("dracut-plain", "dracut-plain-hostonly-none")),
    Pair("mkinitcpio", "encrypt", "mkinitcpio-udev", "mkinitcpio-udev-peer", "mkinitcpio-udev-none",
         (), append=f"cryptdevice=UUID={disks.ROOT_UUID}:{NAME}"),
    Pair("mkinitcpio", "sd-encrypt", "mkinitcpio-systemd", "mkinitcpio-systemd-peer",
         "mkinitcpio-systemd-none", ("systemd",), append=BY_NAME),
)


def _add(name: str, base: str, **changes: object) -> None:
    if base in TABLE and name not in TABLE:
        TABLE[name] = replace(TABLE[base], ours=False, **changes)       # type: ignore[arg-type]


# dracut of newer suites, where systemd's part of theirs is a package of its own; its images hold
# both ways.
NEWER = ("@trixie", "@testing")
MORE = tuple(replace(pair, kind=f"{pair.kind}{suite}",
                     ours=f"{pair.family}-{pair.kind}-with{suite}",
                     theirs=f"{pair.theirs}{suite}", none=f"{pair.none}{suite}", alone=("", ""))
             for suite in NEWER for pair in PAIRS if pair.family == "dracut")

# dracut's crypt module goes into every image for any machine; our images for one machine are
# without it.
for _kind in ("systemd", "plain"):
    _generic = f"dracut-{_kind}-generic"
    _add(f"dracut-{_kind}-peer", _generic, crypttab="")
    if _generic in TABLE:
        _add(f"dracut-{_kind}-none", _generic, crypttab="",
             options=(*TABLE[_generic].options, "--omit", "crypt systemd-cryptsetup"))
    _add(f"dracut-{_kind}-hostonly-none", f"dracut-{_kind}", crypttab="")
    for _suite in NEWER:
        _base = TABLE[f"{_generic}{_suite}"]
        _with = TABLE[f"dracut-{_kind}-with{_suite}"] = replace(_base, tree=f"dracut-peer{_suite}")
        TABLE[f"dracut-{_kind}-peer{_suite}"] = replace(_with, ours=False, crypttab="")
        TABLE[f"dracut-{_kind}-none{_suite}"] = replace(_base, ours=False, crypttab="")


def missing(pair: Pair) -> str:
    """The image that the table lacks, if any."""
    return next((name for name in (pair.ours, pair.theirs, pair.none) if name not in images.TABLE),
                "")


def chosen(pairs: tuple[Pair, ...] = PAIRS) -> list[Pair]:
    """Those that were asked for and are there; a word about the others."""
    words = os.environ.get("BENCH_GENERATORS", "").replace(",", " ").split()
    found = []
    for pair in pairs:
        if words and not any(word in pair.label for word in words):
            continue
        lacking = missing(pair)
        if lacking:
            table.skip(pair.label, f"lib/images.py has no image {lacking}")
        else:
            found.append(pair)
    return found
