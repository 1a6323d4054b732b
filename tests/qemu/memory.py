# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left of a secret in a machine's memory once its volume is open: the guest's whole memory
is searched, from outside, for the passphrase and for the volume key.

The kernel itself holds the volume key, in dm-crypt and in the cipher; `cryptsetup open` in the same
guest shows how often.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from lib import disks, lab, ours
from lib.disks import ROOT_UUID
from lib.proc import Failed
from lib.qemu import Drive, Qemu

DISK = "unusual"
MEMORY = 512                    # MiB
# Enough to be nowhere by chance.
PART = 8

OURS = r"""export PATH=/lab/bin:$PATH
printf '%s\n' {tab} >/tmp/crypttab
: >/tmp/cmdline
intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline || exit
{then}
"""
THEIRS = """for module in dm_crypt dm_integrity; do modprobe -q $module; done
printf %s {passphrase} | cryptsetup open --key-file - /dev/vda root || exit
{then}
"""
# What the kernel frees later is free by then.
SETTLED = "sleep 3; echo NOW-OPEN; read -r _"
# The key goes when its time is over, which is made short.
# The kernel keeps what has expired for a while, too.
EXPIRED = ("echo 0 >/proc/sys/kernel/keys/gc_delay\nsleep 3; echo NOW-OPEN; read -r _\n"
           "keys timeout cryptsetup 2\n"
           "while grep -q ' cryptsetup: ' /proc/keys; do sleep 1; done; sleep 3\n"
           "echo NOW-EXPIRED; read -r _")


@dataclass(frozen=True)
class Found:
    """How often something is in the memory."""
    passphrase: int
    key: int


def _look(guest: Qemu, folder: Path) -> Found:
    path = folder / "memory"
    guest.command("pmemsave", {"val": 0, "size": MEMORY << 20, "filename": str(path)})
    memory = path.read_bytes()
    path.unlink()
    passphrase = disks.TABLE[DISK].passphrase
    key = (disks.folder(DISK) / "block.key").read_bytes()
    # Any part: what is left may be half overwritten. The key's parts go to two ciphers.
    return Found(max(memory.count(passphrase[i:i + PART])
                     for i in range(0, len(passphrase) - PART + 1, PART)),
                 max(memory.count(key[i:i + 32]) for i in range(0, len(key), 32)))


def _looks(script: str, prompt: str, marks: tuple[str, ...], folder: Path) -> list[Found]:
    job = lab.Job(script, add={"lab/bin/intact-unlock": ours.program(ours.UNLOCK),
                               "lab/bin/keys": ours.keys()},
                  drives=[Drive(disks.disk(DISK))], memory=MEMORY)
    guest = lab.start(job, folder, "qemu")
    assert isinstance(guest, Qemu)
    found = []
    try:
        guest.console.expect("INTACT-LAB-START", 120, unless="Kernel panic")
        if prompt:
            guest.console.question(prompt, 60, unless="INTACT-LAB-EXIT|Kernel panic")
            guest.console.send(disks.TABLE[DISK].passphrase + b"\n")
        for mark in marks:
            guest.console.expect(f"^{mark}$", 120, unless="INTACT-LAB-EXIT|Kernel panic")
            found.append(_look(guest, folder))
            guest.console.send("\n")
        return found
    finally:
        guest.stop()
        (folder / "lab.cpio").unlink(missing_ok=True)


def _ours(options: str, then: str) -> str:
    tab = f"root UUID={ROOT_UUID} none luks,x-intact.integrity=hmac(sha256){options}"
    return OURS.format(tab=shlex.quote(tab), then=then)


def without_cache(folder: Path) -> None:
    """No passphrase, and no more of the volume key than cryptsetup leaves."""
    ours_, = _looks(_ours(",password-cache=no", SETTLED), "Please unlock disk root: ",
                    ("NOW-OPEN",), folder / "ours")
    passphrase = shlex.quote(disks.TABLE[DISK].passphrase.decode())
    theirs, = _looks(THEIRS.format(passphrase=passphrase, then=SETTLED), "", ("NOW-OPEN",),
                     folder / "theirs")
    if not theirs.key:
        raise Failed("the search does not even find the key in the kernel")
    if ours_.passphrase or ours_.key > theirs.key:
        raise Failed(f"left in memory: {ours_}, with cryptsetup {theirs}")


def with_cache(folder: Path) -> None:
    """The passphrase is in the kernel's keyring, and nowhere when the key has expired."""
    there, gone = _looks(_ours("", EXPIRED), "Please unlock disk root: ",
                         ("NOW-OPEN", "NOW-EXPIRED"), folder)
    if there.passphrase != 1 or gone.passphrase != 0:
        raise Failed(f"left in memory: {there}, and when the key has expired {gone}")


CASES = {"memory/nothing-left": without_cache, "memory/keyring-expires": with_cache}
