# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in an image, looked at without booting it."""

import re
from collections.abc import Callable
from dataclasses import replace

from lib import images
from lib.proc import Failed

from . import checks_dracut, checks_mkinitcpio


def listing(name: str) -> dict[str, int]:
    """File names of an image (without a leading slash) and their sizes."""
    found = {}
    for line in (images.folder(name) / "files").read_text().splitlines():
        words = line.split(None, 8)
        if len(words) == 9 and words[4].isdigit():
            found[words[8].split(" -> ")[0]] = int(words[4])
    return found


def has(name: str, *patterns: str) -> None:
    files = listing(name)
    for pattern in patterns:
        if not any(re.search(pattern, file) for file in files):
            raise Failed(f"image {name} holds nothing like {pattern}")


def lacks(name: str, *patterns: str) -> None:
    for file in listing(name):
        for pattern in patterns:
            if re.search(pattern, file):
                raise Failed(f"image {name} holds {file}")


def build_log(name: str, wanted: tuple[str, ...] = (), unwanted: tuple[str, ...] = ()) -> None:
    text = (images.folder(name) / "build.log").read_text()
    for pattern in wanted:
        if not re.search(pattern, text, re.MULTILINE):
            raise Failed(f"the generator never said {pattern!r}:\n{text}")
    for pattern in unwanted:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            raise Failed(f"the generator said {found.group(0)!r}:\n{text}")


def unlock_bytes(name: str, bare: str = "bare") -> int:
    """What the unlock part adds, uncompressed, kernel modules apart: against an image without
    any."""
    without = listing(bare)
    return sum(size for file, size in listing(name).items()
               if file not in without and "lib/modules" not in file)


def _small() -> None:
    ours, theirs = unlock_bytes("most"), unlock_bytes("peer")
    if not 0 < ours < theirs:
        raise Failed(f"{ours} bytes added, the peer adds {theirs}")


MODULE = r"/{}\.ko(\.xz|\.zst|\.gz)?$"
STACK = tuple(MODULE.format(m)
              for m in ("dm-mod", "dm-crypt", "dm-integrity", "dm-bufio", "authenc"))
MINE = (r"bin/intact-unlock$", r"scripts/local-top/intact$", r"etc/intact/crypttab$")

MINE_DRACUT = (r"bin/intact-unlock$", r"etc/intact/crypttab$", r"rules.d/95-dm-notify.rules$")
# Standalone dm-integrity is opened by intact alone: systemd's generator would read the other file.
LEGS = (r"etc/intact/integritytab$", MODULE.format("dm-integrity"), r"/crc32c[-_]generic\.ko")
THEIRS = r"^etc/integritytab$"

# A /boot that is full, say: update-initramfs calls this before intact's own script.
CUT = "initramfs/post-update.d/00-cut"
CUTS = images.Image(etc={CUT: '#!/bin/sh\ntruncate -s 1000000 "$2"\n'},
                    prepare=f"{images.FEW_DRIVERS}\nchmod 755 /etc/{CUT}")


def said(spec: images.Image, wanted: str) -> None:
    """What is printed while an image is made."""
    text = images.attempt(spec, "cat /out/build.log")
    if not re.search(wanted, text, re.MULTILINE):
        raise Failed(f"{wanted!r} was not said:\n{text[-5000:]}")


# A row: a name → the images it needs, and the check.
CHECKS: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {
    # The premise: without help the generator leaves dm-integrity out even with MODULES=most.
    "peer-lacks-integrity": (("peer-untouched",),
                             lambda: lacks("peer-untouched", MODULE.format("dm-integrity"))),
    "most-holds": (("most",), lambda: has("most", *MINE, *STACK)),
    "most-without-cryptsetup": (("most",),
                                lambda: lacks("most", "bin/cryptsetup$", "libcryptsetup")),
    "most-quiet": (("most",),
                   lambda: build_log("most", unwanted=("(?i)intact.*error", "(?i)not found"))),
    "dep-holds": (("dep",), lambda: has("dep", *MINE, *STACK)),
    "klibc-holds": (("klibc",), lambda: has("klibc", *MINE)),
    "klibc-without-busybox": (("klibc",), lambda: lacks("klibc", "bin/busybox$")),
    "beside-holds-both": (("beside",),
                          lambda: has("beside", *MINE, "scripts/local-top/cryptroot$")),
    "discard-warns": (("discard",), lambda: build_log("discard", wanted=("discard",))),
    # Another way to boot: the image may be for another machine, so it is made.
    "boot-nfs-warns": (("boot-nfs",), lambda: build_log(
        "boot-nfs", wanted=("^W: intact: this image boots with BOOT=nfs, .*nothing checks",))),
    "boot-local-quiet": (("most",), lambda: build_log("most", unwanted=("BOOT=",))),
    "cut-warns": ((), lambda: said(CUTS, "^intact: warning: /boot/initrd.* is cut short: ")),
    "dracut-lost-warns": ((), lambda: said(
        checks_dracut.LOST,
        "^intact: warning: intact does not run in this image, .*intact-unlock is not in it")),
    # Its disk is not visible; nothing is said about the image.
    "dracut-quiet": (("dracut-systemd",), lambda: build_log("dracut-systemd", unwanted=(
        "^intact: warning: (?!cryptroot: its disk is not visible|nothing is pinned yet)",))),
    "mkinitcpio-order-warns": (("mkinitcpio-udev-resume-first",), lambda: build_log(
        "mkinitcpio-udev-resume-first", wanted=('"resume" is before "intact" in HOOKS',))),
    "mkinitcpio-order-quiet": (("mkinitcpio-udev-beside",), lambda: build_log(
        "mkinitcpio-udev-beside", unwanted=("in HOOKS",))),
    "nonsense-warns": (("nonsense",), lambda: build_log("nonsense", wanted=("line 2.*broken",))),
    "dracut-systemd-holds": (
        ("dracut-systemd",),
        lambda: has("dracut-systemd", *MINE_DRACUT, *STACK, "system/intact-unlock.service$")),
    "dracut-plain-holds": (("dracut-plain",), lambda: has("dracut-plain", *MINE_DRACUT, *STACK,
                                                          "hooks/initqueue/10-intact-unlock.sh$")),
    "dracut-without-cryptsetup": (("dracut-plain",),
                                  lambda: lacks("dracut-plain", "bin/cryptsetup$",
                                                "libcryptsetup")),
    **checks_dracut.CHECKS,
    **{f"legs-{name}": ((name,), lambda name=name: (has(name, *LEGS), lacks(name, THEIRS)))
       for name in ("stack-md-legs", "dracut-systemd-legs", "mkinitcpio-udev-legs")},
    # What makes the check above one.
    "legs-beside-systemd": (("dracut-systemd-legs",), lambda: has(
        "dracut-systemd-legs", "systemd-integritysetup-generator$")),
    "smaller-than-peer": (("most", "peer", "bare"), _small),
    **checks_mkinitcpio.CHECKS,
}
