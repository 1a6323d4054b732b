# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs' way to a TPM, against swtpm's socket: counters, PCRs, sessions."""

import hashlib
import hmac
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lib.patience import patient
from lib.paths import BUILD
from lib.proc import ENVIRONMENT, Failed, Missing, run

PROGRAM = BUILD / "tests/try-tpm"


def _free_port() -> int:
    """Of two that follow each other, the first."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise Failed("no two free ports in a row")


class Swtpm:
    """A TPM at a socket; what it remembers is in `state`, so a second one goes on with it."""

    def __init__(self, state: Path) -> None:
        run(["swtpm", "--version"])
        self.port = _free_port()
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags",
             "not-need-init,startup-clear", "--server",
             f"type=tcp,port={self.port},disconnect", "--ctrl", f"type=tcp,port={self.port + 1}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + patient(10)
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Failed("swtpm ended at once")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port + 1)) == 0:
                    return
            time.sleep(0.05)
        raise Failed("swtpm does not listen")

    def __enter__(self) -> "Swtpm":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def tcti(self) -> str:
        return f"host=127.0.0.1,port={self.port}"

    def tool(self, *words: str) -> str:
        """One of tpm2-tools."""
        return run([*words], env={**ENVIRONMENT, "TPM2TOOLS_TCTI": f"swtpm:{self.tcti}"})

    def program(self, *words: str, **env: str) -> str:
        done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=patient(90),
                              env={**ENVIRONMENT, "SWTPM": self.tcti, **env})
        return done.stdout.decode(errors="replace")


def _wanted(text: str, *lines: str) -> None:
    if text.splitlines() != list(lines):
        raise Failed("wanted:\n" + "\n".join(lines) + "\nbut it said:\n" + text)


def _counter(tpm: Swtpm) -> None:
    text = tpm.program("counter")
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
    again = re.search(r"^define: (\d+)$", tpm.program("counter"), re.MULTILINE)
    if not again or int(again.group(1)) <= value + 1:
        raise Failed(f"a new counter begins at {again and again.group(1)}, the old one had "
                     f"{value + 1}")


def _sessions(tpm: Swtpm) -> None:
    """Nothing stays loaded, whether what was asked for went well or not."""
    before = tpm.program("sessions")
    tpm.program("counter")
    tpm.program("keep")
    after = tpm.program("sessions")
    if before != after or "property" not in before:
        raise Failed(f"before:\n{before}after:\n{after}")


def _owned(tpm: Swtpm) -> None:
    tpm.tool("tpm2_changeauth", "-c", "owner", "secret")
    text = tpm.program("keep")
    if "the TPM's owner password is set" not in text:
        raise Failed(text)


def _extend(tpm: Swtpm) -> None:
    """The values of both banks, as hashlib has them."""
    for env, digest in (({}, lambda name: hashlib.new(name, b"enter-initrd").digest()),
                        ({"KEYED": "1"},
                         lambda name: hmac.new(b"intact", b"enter-initrd", name).digest())):
        before = _pcrs(tpm)
        text = tpm.program("extend", "15", "enter-initrd", **env)
        if "end: no fault" not in text:
            raise Failed(text)
        after = _pcrs(tpm)
        for bank in ("sha1", "sha256"):
            want = hashlib.new(bank, before[bank] + digest(bank)).digest()
            if after[bank] != want:
                raise Failed(f"{bank}: {after[bank].hex()}, wanted {want.hex()}")


def _pcrs(tpm: Swtpm) -> dict[str, bytes]:
    text = tpm.tool("tpm2_pcrread", "sha1:15+sha256:15")
    return {bank: bytes.fromhex(value) for bank, value in
            re.findall(r"(sha\d+):\n\s+15: 0x([0-9A-F]+)", text)}


def _silent(tpm: Swtpm) -> None:
    begin = time.monotonic()
    text = tpm.program("silent")
    if "end: the TPM did not answer in time" not in text:
        raise Failed(text)
    if time.monotonic() - begin > patient(10):
        raise Failed("the deadline was not kept")


TESTS: dict[str, Callable[[Swtpm], None]] = {
    "counter": _counter, "sessions": _sessions, "owned": _owned, "extend": _extend,
    "silent": _silent,
}


def run_case(name: str) -> None:
    if not PROGRAM.exists():
        raise Missing(f"{PROGRAM.name} is not built (run make check, not tests/run)")
    with tempfile.TemporaryDirectory(prefix="intact-tpm-") as folder:
        with Swtpm(Path(folder)) as tpm:
            TESTS[name](tpm)
