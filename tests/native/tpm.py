# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs' way to a TPM, against swtpm's socket: counters, PCRs, sessions."""

import contextlib
import hashlib
import hmac
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lib import tpm
from lib.patience import patient
from lib.paths import BUILD, MEMORY
from lib.proc import ENVIRONMENT, Failed, Missing, run

from .interposer import NV_INCREMENT, NV_READ, Interposer

PROGRAM = BUILD / "tests/try-tpm"


class Swtpm(tpm.Swtpm):
    """One that the program is run against."""

    def program(self, *words: str, **env: str) -> str:
        done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=patient(90),
                              env={**ENVIRONMENT, "SWTPM": self.tcti, **env})
        return done.stdout.decode(errors="replace")


def _wanted(text: str, *lines: str) -> None:
    if text.splitlines() != list(lines):
        raise Failed("wanted:\n" + "\n".join(lines) + "\nbut it said:\n" + text)


def _counter(device: Swtpm) -> None:
    text = device.program("counter")
    first = re.search(r"^define: (\d+)$", text, re.MULTILINE)
    if not first:
        raise Failed(text)
    value = int(first.group(1))
    wrong = "the PIN is wrong"
    gone = "the TPM does not have the NV index"
    _wanted(text, f"before: {gone}", f"define: {value}", "found: no fault", "the same: 1",
            f"of another: {gone}", f"read: {value}", f"increment: {value + 1}",
            f"read with another value: {wrong}", f"increment with another value: {wrong}",
            "read another name: the key was bound to another TPM, or the TPM was cleared",
            f"read again: {value + 1}", f"second: {value}", "elsewhere: 1",
            "undefine: no fault", f"read what is gone: {gone}",
            f"undefine what is gone: {gone}", "end: no fault (0)")
    # What was removed and made again goes on above the highest value there ever was.
    again = re.search(r"^define: (\d+)$", device.program("counter"), re.MULTILINE)
    if not again or int(again.group(1)) <= value + 1:
        raise Failed(f"a new counter begins at {again and again.group(1)}, the old one had "
                     f"{value + 1}")


def _sessions(device: Swtpm) -> None:
    """Nothing stays loaded, whether what was asked for went well or not."""
    before = device.program("sessions")
    device.program("counter")
    device.program("keep")
    after = device.program("sessions")
    if before != after or "property" not in before:
        raise Failed(f"before:\n{before}after:\n{after}")


def _owned(device: Swtpm) -> None:
    device.tool("tpm2_changeauth", "-c", "owner", "secret")
    text = device.program("keep")
    if "the TPM's owner password is set" not in text:
        raise Failed(text)


def _extend(device: Swtpm) -> None:
    """The values of both banks, as hashlib has them."""
    for env, digest in (({}, lambda name: hashlib.new(name, b"enter-initrd").digest()),
                        ({"KEYED": "1"},
                         lambda name: hmac.new(b"intact", b"enter-initrd", name).digest())):
        before = _pcrs(device)
        text = device.program("extend", "15", "enter-initrd", **env)
        if "end: no fault" not in text:
            raise Failed(text)
        after = _pcrs(device)
        for bank in ("sha1", "sha256"):
            want = hashlib.new(bank, before[bank] + digest(bank)).digest()
            if after[bank] != want:
                raise Failed(f"{bank}: {after[bank].hex()}, wanted {want.hex()}")


def _measure(device: Swtpm) -> None:
    """What systemd-cryptsetup writes into PCR 15 (measure_volume_key)."""
    for name, measured in (("root", "root"), ("a:b", "a\\x3ab")):
        before = _pcrs(device)
        text = device.program("measure", name, "1-2")
        if "end: no fault" not in text:
            raise Failed(text)
        after = _pcrs(device)
        for bank in ("sha1", "sha256"):
            mac = hmac.new(b"intact", f"cryptsetup:{measured}:1-2".encode(), bank).digest()
            if after[bank] != hashlib.new(bank, before[bank] + mac).digest():
                raise Failed(f"{bank}: another value than systemd's for {name}")


def _phase(device: Swtpm) -> None:
    """Once a boot, however often; and never beside systemd, or without a stub that measured what
    was booted."""
    with tempfile.TemporaryDirectory(prefix="intact-phase-") as name:
        root = Path(name)
        for folder in ("dev", "run", ".extra", "run/systemd/system"):
            (root / folder).mkdir(parents=True)
        run(["mknod", root / "dev/null", "c", "1", "3"])
        run(["cp", PROGRAM, root / "try-tpm"])

        def asked() -> bytes:
            text = run(["chroot", root, "/try-tpm", "phase"], env={"SWTPM": device.tcti})
            if "end: no fault" not in text:
                raise Failed(text)
            return _pcrs(device, 11)["sha256"]

        stub = root / ".extra/tpm2-pcr-signature.json"
        stub.write_text("{}")
        if asked() != bytes(32):
            raise Failed("beside systemd")
        (root / "run/systemd/system").rmdir()
        stub.unlink()
        if asked() != bytes(32):
            raise Failed("without a stub")
        stub.write_text("{}")
        want = hashlib.sha256(bytes(32) + hashlib.sha256(b"enter-initrd").digest()).digest()
        for _ in range(3):
            got = asked()
            if got != want:
                raise Failed(f"PCR 11 is {got.hex()}, wanted {want.hex()}")


def _pcrs(device: Swtpm, pcr: int = 15) -> dict[str, bytes]:
    text = device.tool("tpm2_pcrread", f"sha1:{pcr}+sha256:{pcr}")
    return {bank: bytes.fromhex(value) for bank, value in
            re.findall(rf"(sha\d+):\n\s+{pcr}\s*: 0x([0-9A-F]+)", text)}


def _silent(device: Swtpm) -> None:
    for case in ("silent", "endless"):
        begin = time.monotonic()
        text = device.program(case)
        if "end: the TPM did not answer in time" not in text:
            raise Failed(text)
        if time.monotonic() - begin > patient(10):
            raise Failed(f"{case}: the deadline was not kept")


def _slow(device: Swtpm) -> None:
    """The time for an answer is not the time for all of them."""
    text = device.program("slow")
    if "end: no fault (0)" not in text:
        raise Failed(text)


GONE = "the TPM does not have the NV index"
FORGED = "the TPM's answer is not authentic"


def _keep(device: Swtpm) -> int:
    text = device.program("keep")
    found = re.search(r"^define: (\d+)$", text, re.MULTILINE)
    if not found:
        raise Failed(text)
    return int(found.group(1))


def _index(device: Swtpm) -> str:
    found = re.search(r"^index: ([0-9a-f]+)$", device.program("kept"), re.MULTILINE)
    if not found:
        raise Failed("no counter")
    return "0x" + found.group(1)


def _counts(device: Swtpm, value: int) -> None:
    """The counter is there, and works."""
    text = device.program("kept", COUNT="1")
    for line in (f"read: {value}", f"increment: {value + 1}", f"read again: {value + 1}"):
        if line not in text.splitlines():
            raise Failed(f"no {line!r}:\n{text}")


def _gone(device: Swtpm) -> None:
    text = device.program("kept")
    if f"end: {GONE}" not in text:
        raise Failed(text)


def _cleared(device: Swtpm) -> None:
    _keep(device)
    device.tool("tpm2_clear", "-c", "platform")
    _gone(device)


def _another(device: Swtpm) -> None:
    value = _keep(device)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, Swtpm(Path(folder)) as other:
        _gone(other)
    _counts(device, value)


def _made_anew(device: Swtpm) -> None:
    """By the owner, in the same place and with the same policy: but not with the same value."""
    _keep(device)
    index = _index(device)
    with tempfile.NamedTemporaryFile() as policy:
        device.tool("tpm2_nvreadpublic", index)
        policy.write(bytes.fromhex(re.search(r"authorization policy: ([0-9A-Fa-f]+)", device.tool(
            "tpm2_nvreadpublic", index)).group(1)))
        policy.flush()
        device.tool("tpm2_nvundefine", "-C", "o", index)
        device.tool("tpm2_nvdefine", "-C", "o", "-s", "8", "-a",
                    "authread|authwrite|ownerread|no_da|nt=counter", "-p", "another", "-L",
                    policy.name, index)
    device.tool("tpm2_nvincrement", "-C", index, "-P", "another", index)
    text = device.program("kept", COUNT="1")
    for line in ("read: the PIN is wrong", "increment: the PIN is wrong"):
        if line not in text:
            raise Failed(f"no {line!r}:\n{text}")


def _owner_sets(device: Swtpm) -> None:
    """An owner password, and a dictionary-attack lockout: neither stops the counter."""
    value = _keep(device)
    device.tool("tpm2_dictionarylockout", "-s", "-n", "1", "-t", "9999", "-l", "9999")
    device.tool("tpm2_nvdefine", "-C", "o", "-s", "8", "-a", "authread|authwrite", "-p", "right",
                "0x1804001")
    for password in ("right", "wrong"):
        with tempfile.NamedTemporaryFile() as content, contextlib.suppress(Failed):
            content.write(bytes(8))
            content.flush()
            device.tool("tpm2_nvwrite", "0x1804001", "-C", "0x1804001", "-P", password, "-i",
                        content.name)
    if not re.search(r"inLockout: +1", device.tool("tpm2_getcap", "properties-variable")):
        raise Failed("the TPM is not locked out")
    _counts(device, value)
    device.tool("tpm2_changeauth", "-c", "owner", "secret")
    _counts(device, value + 1)


def _replayed(device: Swtpm) -> None:
    """Something answers with what the TPM said before."""
    value = _keep(device)
    said: list[bytes] = []

    def answer(code: int, tpm_says: Callable[[], bytes]) -> bytes:
        if code != NV_READ:
            return tpm_says()
        said.append(tpm_says())
        return said[0]

    with Interposer(device.port, answer) as between:
        text = device.program("kept", SWTPM=f"host=127.0.0.1,port={between.port}")
        if f"read: {value}" not in text:
            raise Failed(text)
        _counts(device, value)
        text = device.program("kept", SWTPM=f"host=127.0.0.1,port={between.port}")
    if f"read: {FORGED}" not in text or len(said) < 2:
        raise Failed(text)


def _swallowed(device: Swtpm) -> None:
    """It keeps increments from the TPM, and says what the TPM said to an earlier one, or nothing is
    wrong."""
    value = _keep(device)
    said: list[bytes] = []

    def answer(code: int, tpm_says: Callable[[], bytes]) -> bytes:
        if code != NV_INCREMENT:
            return tpm_says()
        if said:
            return said[0]
        said.append(tpm_says())
        return said[0]

    with Interposer(device.port, answer) as between:
        text = device.program("kept", COUNT="1", SWTPM=f"host=127.0.0.1,port={between.port}")
        if f"increment: {value + 1}" not in text:
            raise Failed(text)
        text = device.program("kept", COUNT="1", SWTPM=f"host=127.0.0.1,port={between.port}")
        if f"increment: {FORGED}" not in text or f"read again: {value + 1}" not in text:
            raise Failed(text)
        # No session at all: success, and nothing else.
        said[0] = bytes.fromhex("80010000000a00000000")
        text = device.program("kept", COUNT="1", SWTPM=f"host=127.0.0.1,port={between.port}")
        if f"increment: {value + 2}" in text or f"read again: {value + 1}" not in text:
            raise Failed(text)
    _counts(device, value + 1)


class _Talk:
    """One process that keeps the TPM open, with what its requests send to the TPM."""

    def __init__(self, device: Swtpm) -> None:
        self.codes: list[int] = []
        self.between = Interposer(device.port, self._answer)
        self.program = subprocess.Popen(
            [PROGRAM, "talk"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**ENVIRONMENT, "SWTPM": f"host=127.0.0.1,port={self.between.port}"})

    def _answer(self, code: int, tpm_says: Callable[[], bytes]) -> bytes:
        self.codes.append(code)
        return tpm_says()

    def __enter__(self) -> "_Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.communicate()
        self.between.__exit__()

    def ask(self, what: str, want: str, codes: list[int] | None = None) -> None:
        """codes: these commands and no others go to the TPM."""
        self.codes.clear()
        print(what, file=self.program.stdin, flush=True)
        said = self.program.stdout.readline().strip()
        if said != f"said: {want}":
            raise Failed(f"{what}: {said!r}, wanted {want!r}")
        if codes is not None and self.codes != codes:
            raise Failed(f"{what} took {[hex(code) for code in self.codes]}")


def _talk(device: Swtpm) -> None:
    """What is held takes one command; what happens to it in between is noticed, and the next
    request begins afresh."""
    value = _keep(device)
    with _Talk(device) as talk:
        talk.ask("find", "0")
        talk.ask("read", f"{value}", [NV_READ])
        talk.ask("increment", f"{value + 1}", [NV_INCREMENT, NV_READ])
        talk.ask("read", f"{value + 1}", [NV_READ])
        # A TPM that has lost its sessions, as after a sleep of the machine.
        device.tool("tpm2_flushcontext", "--loaded-session")
        talk.ask("read", "the TPM reports an error")
        talk.ask("read", f"{value + 1}")
        talk.ask("find", f"{value + 1}")
        device.tool("tpm2_nvundefine", "-C", "o", _index(device))
        talk.ask("read", "the TPM reports an error")
        talk.ask("read", GONE)


TESTS: dict[str, Callable[[Swtpm], None]] = {
    "counter": _counter, "sessions": _sessions, "owned": _owned, "extend": _extend,
    "cleared": _cleared, "another": _another, "made-anew": _made_anew, "owner-sets": _owner_sets,
    "replayed": _replayed, "swallowed": _swallowed,
    "measure": _measure, "phase": _phase, "silent": _silent,
    "slow": _slow, "talk": _talk,
}


def run_case(name: str) -> None:
    if not PROGRAM.exists():
        raise Missing(f"{PROGRAM.name} is not built (run make check, not tests/run)")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        with Swtpm(Path(folder)) as device:
            TESTS[name](device)
