# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases for the trying of keyslots alone: natively, with the processors of this machine (the guests
have one each).

A row: a name → disk, what a hostile hand changed in keyslot 0, the passphrase, the keyslot that
opens or the exit code, and texts.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lib import disks, luks2, tamper
from lib.patience import patient
from lib.paths import BUILD
from lib.proc import ENVIRONMENT, Failed, Missing

PROGRAM = BUILD / "tests/try-keyslots"


@dataclass(frozen=True)
class Try:
    """One passphrase. `env`: CPUS and MEMORY (MiB) that it may use, instead of this machine's."""
    passphrase: bytes = b"second"
    keyslot: int | None = 1                  # that opens, or None
    exit: int = 0
    only: str = ""                           # the keyslot asked for
    kdf: dict = field(default_factory=dict)  # changed in keyslot 0
    priority: dict = field(default_factory=dict)    # keyslot → priority
    env: dict = field(default_factory=dict)
    says: str = ""
    times: int = 1
    disk: str = "two-keys"
    other: str = "tiny"                      # OTHER in the environment of the program, beside DISK


FAR = {"WAIT": "0"}
LEFT = "left: keyslot 0 "
REFUSED = "refused: keyslot 0 "

TRIES: dict[str, Try] = {
    "first": Try(b"intact", 0),
    "second": Try(),
    "not-prepared": Try(env=FAR),
    "wrong": Try(b"wrong", None, 2),
    "one-cpu": Try(env={"CPUS": "1"}),
    # Both read the same disk at the same time, again and again.
    "side-by-side": Try(env={"CPUS": "8", **FAR}, times=30),
    "side-by-side-first": Try(b"intact", 0, env={"CPUS": "8", **FAR}, times=30),
    # What was read once is what counts, whatever the disk shows later.
    "disk-vanished": Try(env={"THEN": 'truncate -s 0 "$DISK"'}),
    "disk-replaced": Try(env={"THEN": 'cp "$OTHER" "$DISK"'}),
    "disk-replaced-by-another-key": Try(b"0123456789abcdef" * 32, None, 2, other="long-passphrase",
                                        env={"THEN": 'cp "$OTHER" "$DISK"', **FAR}),
    "asked-for": Try(only="1"),
    "asked-for-other": Try(b"intact", None, 2, only="1"),
    "ignored": Try(b"intact", None, 2, priority={"0": 0}),
    "ignored-but-asked-for": Try(b"intact", 0, only="0", priority={"0": 0}),
    "all-ignored": Try(b"intact", None, 2, priority={"0": 0, "1": 0}, says='priority "ignore"'),
    "little-memory": Try(env={"MEMORY": "9"}),
    "no-memory-seems-free": Try(env={"MEMORY": "1"}),
    "memory-4-tib": Try(kdf={"memory": -1},
                        says=LEFT
                        + "asks for 3.9 TiB of memory, more than the .* this machine has"),
    "memory-2-tib": Try(kdf={"memory": 1 << 42}, says=LEFT + "asks for 1.9 TiB"),
    "memory-preferred": Try(kdf={"memory": -1}, priority={"0": 2}, says=LEFT),
    "memory-less-than-argon2-takes": Try(
        kdf={"memory": 7}, says=REFUSED + "asks Argon2 for 1 threads and 7 KiB"),
    "memory-only": Try(
        b"intact", None, 3, disk="tiny", kdf={"memory": -1},
        says="no keyslot of .* can be tried on this machine: keyslot 0 asks for 3.9 TiB"),
    "no-lane": Try(kdf={"cpus": 0}, says=REFUSED + "asks Argon2 for 0 threads"),
    "many-lanes": Try(kdf={"cpus": 256, "memory": 8192}),
    "a-million-lanes": Try(kdf={"cpus": 1000000}, says=LEFT + "asks for 1000000 threads"),
    "minus-one-lane": Try(kdf={"cpus": -1}, says=LEFT + "asks for 4294967295 threads"),
    "no-time": Try(kdf={"time": 0}, says=REFUSED + "asks for a key derivation of no iteration"),
    "years": Try(kdf={"time": 2000000000},
                 says=REFUSED + "asks for a key derivation of more than 10 minutes"),
}


def _header(case: Try, path: Path) -> None:
    """A file with the header and the keyslots of the case's disk."""
    source = disks.disk(case.disk)
    with source.open("rb") as file, path.open("wb") as out:
        out.write(file.read(luks2.read(source).data))
        out.truncate(source.stat().st_size)

    def change(text: dict) -> None:
        text["keyslots"]["0"]["kdf"].update(case.kdf)
        for number, priority in case.priority.items():
            text["keyslots"][number]["priority"] = priority
    if case.kdf or case.priority:
        tamper.edit_header(path, change)


def run(case: Try) -> None:
    if not PROGRAM.exists():
        raise Missing(f"{PROGRAM.name} is not built (run make check, not tests/run)")
    with tempfile.TemporaryDirectory(prefix="intact-keyslots-") as folder:
        path = Path(folder) / "disk"
        other = disks.disk(case.other)
        _header(case, path)
        for _ in range(case.times):
            done = subprocess.run([PROGRAM, path, *case.only.split()], input=case.passphrase,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env={**ENVIRONMENT, "WAIT": "300", "DISK": str(path),
                                       "OTHER": str(other), **case.env},
                                  timeout=patient(60), check=False)
            text = done.stdout.decode(errors="replace")
            slot = "-" if case.keyslot is None else str(case.keyslot)
            if done.returncode != case.exit or text.split(" ")[0] != slot:
                raise Failed(
                    f"exit {done.returncode}, wanted {case.exit} and keyslot {slot}:\n{text}")
            if not re.search(case.says, text):
                raise Failed(f"{case.says!r} was not said:\n{text}")
