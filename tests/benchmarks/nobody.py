# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole boots where nobody types: a key file in the image, power-on to root mounted.

A typed passphrase hides work: what is done while a person types costs nothing. Here all of it
counts, on one CPU and on two.
"""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from lib import disks, images
from lib.images import NAME, TABLE
from lib.proc import Failed
from lib.qemu import Drive, Machine, Qemu, accelerator

from . import guest, pairs, table

KEY = "/etc/keys/root.key"
KEYED = f"{NAME} UUID={disks.ROOT_UUID} {KEY} luks\n"
KEY_FILE = {"keys/root.key": disks.PASSPHRASE.decode()}
GOAL = 0.85


@dataclass(frozen=True)
class Keyed:
    """What a pair needs so that the key file is copied, and theirs finds it."""
    etc: dict[str, str]
    append: str = ""
    crypttab: str = ""


INSTALL = 'install_items+=" /etc/keys/root.key "\n'
BY_KEY = f"{pairs.BY_NAME} rd.luks.key={disks.ROOT_UUID}={KEY}"
FILES = f"FILES=({KEY})\n"

THEIRS = {
    "initramfs-tools": Keyed(
        {"cryptsetup-initramfs/conf-hook": "KEYFILE_PATTERN=/etc/keys/*.key\n"},
        crypttab=KEYED.replace("luks", "luks,initramfs")),
    "dracut systemd": Keyed({"dracut.conf.d/key.conf": INSTALL}, BY_KEY),
    # It reads the image's crypttab for the key.
    "dracut plain": Keyed(
        {"dracut.conf.d/key.conf": INSTALL.replace(KEY, f"{KEY} /etc/crypttab")}, pairs.BY_UUID,
        crypttab=KEYED),
    "mkinitcpio encrypt": Keyed(
        {}, f"cryptdevice=UUID={disks.ROOT_UUID}:{NAME} cryptkey=rootfs:{KEY}"),
    "mkinitcpio sd-encrypt": Keyed({}, BY_KEY),
}


def _images(pair: pairs.Pair) -> tuple[str, str]:
    """The images of a pair with the key file in them."""
    keyed = THEIRS[pair.label]
    ours, theirs = TABLE[pair.ours], TABLE[pair.theirs]
    for name, spec, tab in ((pair.ours, ours, KEYED), (pair.theirs, theirs, keyed.crypttab)):
        etc = dict(spec.etc) | KEY_FILE | keyed.etc
        if pair.family == "mkinitcpio":
            etc["mkinitcpio.conf"] += FILES
        TABLE[f"{name}-key"] = replace(spec, etc=etc, crypttab=tab)
    return f"{pair.ours}-key", f"{pair.theirs}-key"


def _boot(image: str, append: str, cpus: int) -> float:
    """Seconds from power-on to root mounted."""
    initrd, vmlinux = images.image(image, compressed=True)
    extra = ["-icount", "shift=1,sleep=off"] if os.environ.get("BENCH_COUNT") else []
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as scratch:
        made = Machine(vmlinux, initrd,
                       f"root=/dev/mapper/{NAME} ro console=ttyS0 {append}".strip(),
                       [Drive(disks.disk(guest.NO_KDF))], cpus=cpus, extra=extra)
        start = time.monotonic()
        with Qemu(made, Path(scratch)) as machine:
            console = machine.console
            try:
                begun = console.elapsed() - (time.monotonic() - start)
                mounted = console.when(
                    console.expect(r"EXT4-fs \(dm-\d+\): mounted", 180, guest.FAILED).start())
            except Failed as error:
                raise Failed(f"{image}: {error}\n{console.tail()}") from error
            return mounted - begun


def _measure(pair: pairs.Pair, cpus: int, runs: int) -> tuple[list[float], list[float]]:
    ours, theirs = _images(pair)
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        found[0].append(_boot(ours, "", cpus))
        found[1].append(_boot(theirs, THEIRS[pair.label].append, cpus))
    return found


def bench(runs: int) -> None:
    table.head("Nobody types: power-on to root")
    table.note(f"QEMU {accelerator(images.image('bare')[1])}; a key file in the image, no key "
               "derivation; theirs: the generator's own hook, given the same key file.")
    found = {}
    for pair in pairs.chosen():
        for cpus in (1, 2):
            try:
                times = found[pair, cpus] = _measure(pair, cpus, runs)
            except Failed as error:
                table.skip(f"{pair.label}, {cpus} CPU", error)
                break
            table.row(f"{pair.label}, {cpus} CPU", *times, goal=GOAL)
    if not found:
        return
    table.head("Against the best of theirs, same number of CPUs")
    for (pair, cpus), (ours, _) in found.items():
        best = min((other for (_, number), (_, other) in found.items() if number == cpus),
                   key=statistics.median)
        table.row(f"{pair.label}, {cpus} CPU", ours, best, goal=GOAL)
