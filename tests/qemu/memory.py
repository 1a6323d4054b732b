# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left of a secret in a machine's memory once its volume is open: the guest's whole memory
is searched, from outside, for the passphrase, for the volume key, and for what a derivation makes
of the passphrase first, from which it can be guessed quickly.

The kernel itself holds the volume key, in dm-crypt and in the cipher; `cryptsetup open` in the same
guest shows how often.
"""

import hashlib
import shlex
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lib import disks, lab, ours, tamper
from lib.disks import ROOT_UUID
from lib.proc import Failed
from lib.qemu import Drive, Qemu

DISK = "unusual"
MEMORY = 512                    # MiB
# Enough to be nowhere by chance.
PART = 8
PROMPT = "Please unlock disk root: "

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

# Stops a process that derives, soon after it has begun. The OOM killer is to take such a process
# before all others, and no other process of intact.
TRYING = r"""
trying() {
    while :; do
        for p in $(pidof intact-unlock); do
            [ "$(cat /proc/$p/oom_score_adj 2>/dev/null)" = 1000 ] || continue
            set -- $(cat /proc/$p/stat 2>/dev/null)
            [ "${14:-0}" -lt 30 ] || { kill -STOP $p; echo NOW-TRYING; return; }
        done
    done
}
trying &
"""


@dataclass(frozen=True)
class Found:
    """How often something is in the memory."""
    passphrase: int
    key: int
    traces: int


# SHA-256's constants: of the primes, the fractional parts of cube and square roots.
def _root(prime: int, power: int) -> int:
    """The first 32 bits of the fractional part of the power-th root."""
    scaled, low, high = prime << 32 * power, 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle ** power <= scaled else (low, middle)
    return low & 0xffffffff


PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, n))]
ROUNDS, START = [_root(p, 3) for p in PRIMES], [_root(p, 2) for p in PRIMES[:8]]


def _turned(word: int, bits: int) -> int:
    return (word >> bits | word << 32 - bits) & 0xffffffff


def sha256_state(block: bytes) -> bytes:
    """SHA-256's state after one block, as it is in the memory of an x86: hashlib does not tell."""
    words = list(struct.unpack(">16I", block))
    for i in range(16, 64):
        a, b = words[i - 15], words[i - 2]
        words.append(words[i - 16] + (_turned(a, 7) ^ _turned(a, 18) ^ a >> 3) + words[i - 7]
                     + (_turned(b, 17) ^ _turned(b, 19) ^ b >> 10) & 0xffffffff)
    a, b, c, d, e, f, g, h = START
    for constant, word in zip(ROUNDS, words):
        one = (h + (_turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)) + (e & f ^ ~e & g)
               + constant + word) & 0xffffffff
        two = (_turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = one + two & 0xffffffff, a, b, c, d + one & 0xffffffff, e, f, g
    state = (a, b, c, d, e, f, g, h)
    return struct.pack("<8I", *(s + t & 0xffffffff for s, t in zip(START, state)))


def argon2_start(passphrase: bytes) -> bytes:
    """The beginning of the first block of Argon2id's memory, for the keyslot that loses."""
    def number(*values: int) -> bytes:
        return struct.pack(f"<{len(values)}I", *values)

    hashed = hashlib.blake2b(
        number(1, 64, tamper.LOSING_MEMORY, 8, 0x13, 2, len(passphrase)) + passphrase
        + number(len(tamper.LOSING_SALT)) + tamper.LOSING_SALT + number(0, 0)).digest()
    return hashlib.blake2b(number(1024) + hashed + number(0, 0)).digest()[:32]


def pbkdf2_start(passphrase: bytes) -> bytes:
    """HMAC's state after the padded key."""
    return sha256_state(bytes(byte ^ 0x36 for byte in passphrase.ljust(64, b"\0")))


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
                 max(memory.count(key[i:i + 32]) for i in range(0, len(key), 32)),
                 memory.count(argon2_start(passphrase)) + memory.count(pbkdf2_start(passphrase)))


def _looks(script: str, prompt: str, marks: tuple[str, ...], folder: Path,
           disk: str = DISK) -> list[Found]:
    job = lab.Job(script, add={"lab/bin/intact-unlock": ours.program(ours.UNLOCK),
                               "lab/bin/keys": ours.keys()},
                  drives=[Drive(disks.disk(disk))], memory=MEMORY, cpus=2)
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
    ours_, = _looks(_ours(",password-cache=no", SETTLED), PROMPT,
                    ("NOW-OPEN",), folder / "ours")
    passphrase = shlex.quote(disks.TABLE[DISK].passphrase.decode())
    theirs, = _looks(THEIRS.format(passphrase=passphrase, then=SETTLED), "", ("NOW-OPEN",),
                     folder / "theirs")
    if not theirs.key:
        raise Failed("the search does not even find the key in the kernel")
    if ours_.passphrase or ours_.traces or ours_.key > theirs.key:
        raise Failed(f"left in memory: {ours_}, with cryptsetup {theirs}")


def with_cache(folder: Path) -> None:
    """The passphrase is in the kernel's keyring, and nowhere when the key has expired."""
    there, gone = _looks(_ours("", EXPIRED), PROMPT,
                         ("NOW-OPEN", "NOW-EXPIRED"), folder)
    if there.passphrase != 1 or gone.passphrase != 0:
        raise Failed(f"left in memory: {there}, and when the key has expired {gone}")


def loser(folder: Path, name: str) -> None:
    """Another keyslot has opened, and the derivation for this one was ended in its midst."""
    # With this keyslot alone it goes on for minutes.
    script = TRYING + _ours(",password-cache=no,key-slot=1", "")
    during, = _looks(script, PROMPT, ("NOW-TRYING",), folder / "during", name)
    if not during.traces:
        raise Failed("the search does not even find what the derivation works with")
    after, = _looks(_ours(",password-cache=no", SETTLED), PROMPT, ("NOW-OPEN",),
                    folder / "after", name)
    if after.passphrase or after.traces:
        raise Failed(f"left in memory: {after}")


CASES = {"memory/nothing-left": without_cache, "memory/keyring-expires": with_cache,
         **{f"memory/{name}": partial(loser, name=name)
            for name in ("losing-argon2", "losing-pbkdf2")}}
