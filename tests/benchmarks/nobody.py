# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole boots where nobody types: a key file in the image, until the root is mounted.

A typed passphrase hides work: what is done while a person types costs nothing. Here all of it
counts. All times are those of the guest's own clock, from the start of its kernel.

One CPU: QEMU counts instructions (-icount), and the guest's clock goes on by two nanoseconds with
each. While the guest waits, for a timer or for the machine's disk, it goes on with the machine's.
Other programs on the machine's processors therefore change little. (With sleep=off the clock would
jump to the guest's next timer while the disk works, by seconds where that is kept busy.)
Two CPUs: that clock would go on with the instructions of both, as if one waited for the other. So
they run side by side, and the clock is the machine's: ours and theirs in turn, and medians.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lib import disks, images
from lib.images import NAME, TABLE
from lib.proc import Failed
from lib.qemu import Drive, Machine, Qemu, accelerator

from . import floor, guest, pairs, table
from .profile import Boot, profile, read

KEY = "/etc/keys/root.key"
KEYED = f"{NAME} UUID={disks.ROOT_UUID} {KEY} luks\n"
KEY_FILE = {"keys/root.key": disks.PASSPHRASE.decode()}
GOAL = 0.85
COUNTED = ("-icount", "shift=1,sleep=on")


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
    # "/" is the image. The image's crypttab is not read for a volume that has its name from here.
    "dracut plain": Keyed(
        {"dracut.conf.d/key.conf": INSTALL}, f"{pairs.BY_UUID} rd.luks.key={KEY}:/"),
    "mkinitcpio encrypt": Keyed(
        {}, f"cryptdevice=UUID={disks.ROOT_UUID}:{NAME} cryptkey=rootfs:{KEY}"),
    "mkinitcpio sd-encrypt": Keyed({}, BY_KEY),
}


def _keyed(pair: pairs.Pair) -> Keyed:
    return THEIRS[pair.label.partition("@")[0]]


def _images(pair: pairs.Pair) -> tuple[str, str]:
    """The images of a pair with the key file in them."""
    keyed = _keyed(pair)
    ours, theirs = TABLE[pair.ours], TABLE[pair.theirs]
    for name, spec, tab in ((pair.ours, ours, KEYED), (pair.theirs, theirs, keyed.crypttab)):
        etc = dict(spec.etc) | KEY_FILE | keyed.etc
        if pair.family == "mkinitcpio":
            etc["mkinitcpio.conf"] += FILES
        TABLE[f"{name}-key"] = replace(spec, etc=etc, crypttab=tab)
    return f"{pair.ours}-key", f"{pair.theirs}-key"


# --- one boot -------------------------------------------------------------------------------------

def _boot(image: str, append: str, cpus: int, root: str = f"/dev/mapper/{NAME}",
          drive: Drive | None = None) -> Boot:
    initrd, vmlinux = images.image(image, compressed=True)
    counted = cpus == 1
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as scratch:
        made = Machine(vmlinux, initrd,
                       f"root={root} ro console=ttyS0 {append}".strip(),
                       [drive or Drive(disks.disk(guest.NO_KDF))], cpus=cpus,
                       extra=list(COUNTED if counted else ()))
        # Instructions can be counted in one thread only.
        accel = "tcg,thread=single" if counted else None
        with Qemu(made, Path(scratch), accel) as machine:
            console = machine.console
            try:
                console.expect("^INTACT-TEST-ROOT-OK", 600, guest.FAILED)
                return read(console.text, "vda" if drive else r"dm-\d+")
            except Failed as error:
                stderr = (Path(scratch) / "serial.stderr").read_text(errors="replace")
                raise Failed(f"{image}: {error}\n{console.tail()}\n{stderr}") from error


# --- what they take -------------------------------------------------------------------------------

@dataclass(frozen=True)
class Measured:
    """All boots of a pair on so many CPUs."""
    pair: pairs.Pair
    cpus: int
    kernel: str
    ours: list[Boot]
    theirs: list[Boot]
    floor: list[Boot]       # benchmarks/floor.py

    @property
    def label(self) -> str:
        return f"{self.pair.label}, {self.cpus} CPU"


def _measure(pair: pairs.Pair, cpus: int, runs: int) -> Measured:
    ours, theirs = _images(pair)
    found = Measured(pair, cpus, images.image(ours)[1].name, [], [], [])
    for _ in range(1 if cpus == 1 else runs):
        found.ours.append(_boot(ours, "", cpus))
        found.theirs.append(_boot(theirs, _keyed(pair).append, cpus))
        found.floor.append(_boot(floor.image(pair), "", cpus, "/dev/vda", floor.drive()))
    return found


def _mounted(boots: Sequence[Boot]) -> list[float]:
    return [boot.mounted for boot in boots]


def _middle(boots: Sequence[Boot]) -> Boot:
    """The boot whose time is the (lower) median."""
    return sorted(boots, key=lambda boot: boot.mounted)[(len(boots) - 1) // 2]


PARTS: tuple[tuple[str, Callable[[Boot], float]], ...] = (
    ("  of it the kernel", lambda boot: boot.init),
    ("  of it the image's programs", lambda boot: boot.mounted - boot.init),
    ("then until the system's init reports", lambda boot: boot.system - boot.mounted))


def _rows(found: Measured) -> None:
    table.row(found.label, _mounted(found.ours), _mounted(found.theirs), goal=GOAL)
    ours, theirs = _middle(found.ours), _middle(found.theirs)
    for label, part in PARTS:
        table.row(label, [part(ours)], [part(theirs)])
    table.row("  nothing is opened (floor)", _mounted(found.floor), _mounted(found.theirs))
    lines = profile(ours)
    if lines:
        table.note("ours, seconds: " + "; ".join(lines))


def _cpus() -> list[int]:
    words = os.environ.get("BENCH_CPUS", "1 2").replace(",", " ").split()
    if not words or any(word not in ("1", "2") for word in words):
        raise Failed("BENCH_CPUS is neither 1, 2 nor both")
    return [int(word) for word in words]


def bench(runs: int) -> None:
    table.head("Nobody types: kernel's start to root")
    table.note("QEMU; a key file in the image, no key derivation; theirs: the generator's own "
               "hook, given the same key file. 1 CPU: instructions are counted, 2 ns each, one "
               f"run. 2 CPUs: {accelerator(images.image('bare')[1])}, {runs} runs of each in turn.")
    found: list[Measured] = []
    for pair in pairs.chosen(pairs.PAIRS + pairs.MORE):
        for cpus in _cpus():
            try:
                found.append(_measure(pair, cpus, runs))
            except Failed as error:
                table.skip(f"{pair.label}, {cpus} CPU", error)
                break
            _rows(found[-1])
    if not found:
        return
    table.head("Against the best of theirs, same kernel")
    for one in found:
        others = [other for other in found
                  if (other.cpus, other.kernel) == (one.cpus, one.kernel)]
        best = min(others, key=lambda other: statistics.median(_mounted(other.theirs)))
        table.row(one.label, _mounted(one.ours), _mounted(best.theirs), goal=GOAL)
