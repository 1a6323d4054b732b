# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole boots in QEMU with real images: kernel start to prompt, and Enter to root mounted.

Without KVM user code is emulated, the key derivation above all. So each image boots a disk with a
usual one and a disk whose key derivation takes no time: there, what is between Enter and root is
everything else.
"""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lib import debian, disks, images
from lib.proc import Failed
from lib.qemu import Drive, Machine, Qemu, accelerator

from . import machine, table
from .pairs import Pair, chosen
from .uml import wait_typing

DISK, NO_KDF = "bench", "bench-no-kdf"
# Longer than the boot takes from the earliest prompt until it needs the root: before that, Enter
# would not be what is waited for. On a real machine, where a CPU is ten times as fast as an
# emulated one, the time to type a passphrase is more than that.
TYPING = 10.0
FAILED = r"^\(initramfs\) |^dracut:/\S*# |^\[rootfs .*\]# |emergency mode|Kernel panic"


@dataclass(frozen=True)
class Times:
    """Seconds of one boot."""
    prompt: float        # kernel's first line to prompt
    root: float          # Enter to root mounted

    @property
    def all(self) -> float:
        """Without the typing, on the assumption that nothing useful is done meanwhile."""
        return self.prompt + self.root


def _boot(image: str, disk: str, prompt: str, append: str) -> Times:
    initrd, vmlinux = images.image(image, compressed=True)
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as scratch:
        folder = Path(scratch)
        marker = disks.marker(folder)
        # Not quiet: the kernel's first line is the start, and it says when the root is mounted.
        made = Machine(vmlinux, initrd,
                       f"root=/dev/mapper/{images.NAME} ro console=ttyS0 {append}".strip(),
                       [Drive(disks.disk(disk)), Drive(marker, "marker", keep=True)])
        with Qemu(made, folder) as guest:
            console = guest.console
            try:
                start = console.when(console.expect("Linux version", 60).start())
                asked = console.when(console.question(prompt, 180, FAILED).end() - 1)
                wait_typing(console, TYPING)
                console.send(disks.PASSPHRASE + b"\n")
                enter = console.elapsed()
                mounted = console.when(
                    console.expect(r"EXT4-fs \(dm-\d+\): mounted", 180, FAILED).start())
                console.expect("^INTACT-TEST-ROOT-OK", 90, FAILED)
                guest.wait(30)
            except Failed as error:
                raise Failed(f"{image}: {error}\n{console.tail()}") from error
        if not disks.marked(marker):
            raise Failed(f"{image}: the root did not write its marker")
        return Times(asked - start, mounted - enter)


@dataclass
class Measured:
    """All boots of a pair: (ours, theirs)."""
    pair: Pair
    usual: tuple[list[Times], list[Times]]
    no_kdf: tuple[list[Times], list[Times]]

    def prompt(self, side: int) -> list[float]:
        return [times.prompt for times in self.usual[side] + self.no_kdf[side]]

    def rest(self, side: int) -> list[float]:
        return [times.root for times in self.no_kdf[side]]


def _measure(pair: Pair, runs: int) -> Measured:
    found = Measured(pair, ([], []), ([], []))
    for _ in range(runs):
        for disk, boots in ((DISK, found.usual), (NO_KDF, found.no_kdf)):
            boots[0].append(_boot(pair.ours, disk, f"Please unlock disk {images.NAME}: ", ""))
            boots[1].append(_boot(pair.theirs, disk, pair.prompt, pair.append))
    return found


def _rows(found: Measured) -> None:
    label = found.pair.label
    table.row(f"{label}: kernel to prompt", found.prompt(0), found.prompt(1))
    table.row("  Enter to root, Argon2id 64 MiB x1",
              *([t.root for t in side] for side in found.usual))
    table.row("  Enter to root, no key derivation", found.rest(0), found.rest(1))
    table.row("  kernel to root without the typing",
              *([t.all for t in side] for side in found.usual))


def _best(all_found: list[Measured]) -> None:
    """Each of ours against the quickest of theirs: that is what one could have instead."""
    table.head("Boots, against the best of theirs")
    quickest = min(all_found, key=lambda found: statistics.median(found.rest(1)))
    for found in all_found:
        peer = min((other for other in all_found if other.pair.family == found.pair.family),
                   key=lambda other: statistics.median(other.prompt(1)))
        table.row(f"{found.pair.label}: kernel to prompt", found.prompt(0), peer.prompt(1),
                  goal=0.8)
        table.row("  Enter to root, no key derivation", found.rest(0), quickest.rest(1), goal=0.3)
    table.note("Kernel to prompt: the best of the same generator. Enter to root: the best of all, "
               f"{quickest.pair.label}.")


def bench(runs: int) -> None:
    table.head("Boots in a guest")
    accel = accelerator(images.image("bare")[1])
    table.note(f"QEMU {accel}, 1 CPU; disk: hmac-sha256; the passphrase comes {TYPING:.0f} s after "
               "the prompt; theirs: the generator's own hook, dm-integrity added by hand where it "
               "takes that.")
    all_found = []
    for pair in chosen():
        try:
            found = _measure(pair, runs)
        except Failed as error:
            table.skip(pair.label, error)
            continue
        base = debian.tree(images.TABLE[pair.theirs].tree)
        packages = machine.version(base.name, *pair.packages)
        table.note(f"{pair.label}: kernel {base.kernel()[0]}{packages and ', '}{packages}")
        _rows(found)
        all_found.append(found)
    if all_found:
        _best(all_found)
