# SPDX-License-Identifier: GPL-2.0-or-later
"""The key derivation on this machine itself: our libraries against the distribution's cryptsetup.

Headers are plain files, made by that cryptsetup. Its start-up is what the same call takes on a
header whose key derivation takes no time, in the same run; it is shown, and subtracted from theirs.
Nothing is subtracted from ours, which is counted from the moment the passphrase is complete.
"""

from dataclasses import dataclass
from pathlib import Path

from lib import cache, debian, disks, luks2
from lib.paths import BUILD
from lib.proc import Failed, Missing, run

from . import table

UNLOCK_TIME = BUILD / "tests/unlock-time"
TRY_KEYSLOTS = BUILD / "tests/try-keyslots"
TREE = "debian"
MIB = 1024                  # KiB


@dataclass(frozen=True)
class Kdf:
    """A keyslot's key derivation, as cryptsetup is asked for it."""
    options: tuple[str, ...]
    memory: int = 0         # KiB
    lanes: int = 0


def _argon2(mib: int, lanes: int) -> Kdf:
    return Kdf(disks.argon2(mib * MIB, lanes), mib * MIB, lanes)


def _pbkdf2(iterations: int) -> Kdf:
    return Kdf(
        ("--pbkdf", "pbkdf2", "--hash", "sha256", "--pbkdf-force-iterations", str(iterations)))


NO_KDF = _pbkdf2(1000)
# What it is called, and what is wanted of wall and CPU time.
TABLE: tuple[tuple[str, Kdf, float, float], ...] = (
    *((f"argon2id {size} x{lanes}", _argon2(mib, lanes), 0.6 if mib >= 1024 else 0,
       0.65 if mib >= 1024 else 0)
      for size, mib in (("64 MiB", 64), ("256 MiB", 256), ("1 GiB", 1024)) for lanes in (1, 4)),
    ("PBKDF2-SHA256, 2.6 million", _pbkdf2(2600000), 0.55, 0.55),
)
# What the worker may take beside Argon2's memory, MiB.
SPARE = 4
# Several keyslots, of which the last is the one that opens.
SLOTS = ((2, 256), (4, 64))


@dataclass(frozen=True)
class Run:
    """One derivation: seconds, and KiB."""
    wall: float
    cpu: float
    ready: float
    peak: int


def _format(kdf: Kdf, slots: int, path: Path) -> None:
    path.mkdir()
    (path / "other").write_text("something else")
    (path / "passphrase").write_bytes(disks.PASSPHRASE)
    first = "other" if slots > 1 else "passphrase"
    options = " ".join(kdf.options)
    # cryptsetup makes no keyslot with more lanes than there are CPUs online.
    steps = ["set -e", "echo 0-7 >/tmp/online",
             "mount --bind /tmp/online /sys/devices/system/cpu/online", "cd /out",
             "truncate -s 17M header",
             f"cryptsetup luksFormat --batch-mode --type luks2 {options} --key-file {first} header"]
    for slot in range(1, slots):
        new = "passphrase" if slot == slots - 1 else f"other-{slot}"
        (path / new).write_bytes(disks.PASSPHRASE if new == "passphrase" else new.encode())
        steps.append(
            f"cryptsetup luksAddKey --batch-mode {options} --key-file {first} header {new}")
    with debian.mounted(debian.tree(TREE)) as mount:
        mount.run("\n".join(steps), binds={"/out": path})
    for slot in luks2.read(path / "header").json["keyslots"].values():
        made = slot["kdf"]
        if (made.get("memory", 0), made.get("cpus", 0)) != (kdf.memory, kdf.lanes):
            raise Missing(
                f"this machine's cryptsetup makes {made.get('memory', 0) // MIB} MiB "
                f"x{made.get('cpus', 0)} of it")


def header(kdf: Kdf, slots: int = 1) -> Path:
    """The folder with the file `header` and the `passphrase` of its last keyslot."""
    name = f"{kdf.memory // MIB or 'pbkdf2'}x{kdf.lanes}-{slots}"
    return cache.entry("header", name, (debian.tree(TREE).id, repr(kdf), slots, disks.PASSPHRASE),
                       lambda path: _format(kdf, slots, path))


def _parse(text: str) -> Run:
    values = dict(word.split("=", 1) for line in text.splitlines() if line.startswith("wall=")
                  for word in line.split())
    if not values:
        raise Failed(f"no times from {UNLOCK_TIME.name}: {text.strip()}")
    return Run(float(values["wall"]), float(values["cpu"]), float(values["ready"]),
               int(values["peak"]))


def _ours(folder: Path) -> Run:
    return _parse(run([UNLOCK_TIME, folder / "header"], stdin=disks.PASSPHRASE.decode()))


def _theirs(mount: debian.Mount, folder: Path) -> Run:
    command = ("/bench/unlock-time -- cryptsetup open --test-passphrase "
               "--key-file /headers/passphrase /headers/header")
    binds = {"/bench": UNLOCK_TIME.parent, "/headers": folder}
    return _parse(mount.run(command, binds=binds))


def _keyslots(folder: Path) -> Run:
    """Ours on several keyslots, as a worker tries them."""
    # Called by its short name: a block device's has a size that suits block devices.
    words = run(["env", "-C", folder, TRY_KEYSLOTS, "header"],
                stdin=disks.PASSPHRASE.decode()).split()
    return Run(float(words[1]), float(words[2]), 0, int(words[3]))


def _available() -> int:
    """KiB that can be had."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))


def _derivation(label: str, kdf: Kdf, wall: float, cpu: float, startup: list[Run],
                runs: int) -> None:
    if kdf.memory * 5 // 4 > _available():
        table.skip(label, f"only {_available() // MIB} MiB of memory are free")
        return
    folder = header(kdf)
    ours, theirs = [], []
    for _ in range(runs):
        with debian.mounted(debian.tree(TREE)) as mount:
            startup.append(_theirs(mount, header(NO_KDF)))
        ours.append(_ours(folder))
        with debian.mounted(debian.tree(TREE)) as mount:
            theirs.append(_theirs(mount, folder))
    base = startup[-runs:]
    table.row(f"{label}: wall", [r.wall for r in ours],
              [r.wall - s.wall for r, s in zip(theirs, base)], goal=wall)
    table.row("  CPU", [r.cpu for r in ours], [r.cpu - s.cpu for r, s in zip(theirs, base)],
              goal=cpu)
    if kdf.memory:
        table.row("  CPU, getting memory ready included", [r.cpu + r.ready for r in ours],
                  [r.cpu - s.cpu for r, s in zip(theirs, base)])
    table.row(f"  memory beside Argon2's (at most {SPARE} MiB)" if kdf.memory
              else f"  memory (at most {SPARE} MiB)",
              *([(r.peak - kdf.memory) / MIB for r in side] for side in (ours, theirs)), unit="MiB")


def _several(slots: int, mib: int, startup: list[Run], runs: int) -> None:
    label = f"{slots} keyslots {mib} MiB x1, last fits"
    if not TRY_KEYSLOTS.exists():
        table.skip(label, f"no {TRY_KEYSLOTS.name}: keyslots are tried one by one")
        return
    kdf = _argon2(mib, 1)
    if slots * kdf.memory * 5 // 4 > _available():
        table.skip(label, f"only {_available() // MIB} MiB of memory are free")
        return
    folder = header(kdf, slots)
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(_keyslots(folder))
        with debian.mounted(debian.tree(TREE)) as mount:
            startup.append(_theirs(mount, header(NO_KDF)))
            theirs.append(_theirs(mount, folder))
    base = startup[-runs:]
    table.row(f"{label}: wall", [r.wall for r in ours],
              [r.wall - s.wall for r, s in zip(theirs, base)])
    table.row("  CPU, getting memory ready included", [r.cpu for r in ours],
              [r.cpu - s.cpu for r, s in zip(theirs, base)])


def bench(runs: int) -> None:
    if not UNLOCK_TIME.exists():
        raise Missing(f"{UNLOCK_TIME.name} is not built (run make bench)")
    table.head("Key derivation, natively")
    table.note("Argon2 with 4 iterations; memory ready before Enter, as the worker has it; theirs: "
               "cryptsetup open --test-passphrase, its start-up subtracted.")
    startup: list[Run] = []
    for label, kdf, wall, cpu in TABLE:
        try:
            _derivation(label, kdf, wall, cpu, startup, runs)
        except Failed as error:
            table.skip(label, error)
    for slots, mib in SLOTS:
        try:
            _several(slots, mib, startup, runs)
        except Failed as error:
            table.skip(f"{slots} keyslots", error)
    if startup:
        table.row("start-up that was subtracted: wall", [], [r.wall for r in startup])
        table.row("  CPU", [], [r.cpu for r in startup])
