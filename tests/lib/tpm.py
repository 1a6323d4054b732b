# SPDX-License-Identifier: GPL-2.0-or-later
"""A TPM in software: at a socket for programs of this machine, and for guests; and what the real
systemd-cryptenroll binds to it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .patience import patient
from .ports import free_ports
from .proc import ENVIRONMENT, TIED, Failed, Missing, run
from .qemu import Machine


class Swtpm:
    """A TPM at a socket; what it remembers is in `state`, so a second one goes on with it."""

    def __init__(self, state: Path) -> None:
        run(["swtpm", "--version"])
        self.port = free_ports(2)
        self.process = subprocess.Popen(
            [*TIED, "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags",
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


def enrol(disk: Path, state: Path, passphrase: bytes, words: tuple[str, ...], pin: str,
          changed: int | None = None) -> None:
    """A keyslot of the disk for the TPM whose memory is in `state`; changed: a PCR that the boot
    will not have like this."""
    if not shutil.which("systemd-cryptenroll"):
        raise Missing("systemd-cryptenroll is not installed")
    state.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile() as key, Swtpm(state) as device:
        key.write(passphrase)
        key.flush()
        if changed is not None:
            device.tool("tpm2_pcrextend", f"{changed}:sha256={'5a' * 32}")
        run(["systemd-cryptenroll", f"--unlock-key-file={key.name}",
             f"--tpm2-device=swtpm:{device.tcti}", *words, disk],
            env={**ENVIRONMENT, "NEWPIN": pin, "SYSTEMD_LOG_LEVEL": "warning"})
        # So that the next start is not one after a crash, which counts as a wrong PIN.
        device.tool("tpm2_shutdown", "-c")


def connect(machine: Machine, state: Path) -> subprocess.Popen:
    """Gives the guest this TPM; to be killed after it."""
    control = state / "control"
    process = subprocess.Popen([*TIED, "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}",
                                "--ctrl", f"type=unixio,path={control}"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + patient(10)
    while not control.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise Failed("swtpm does not listen")
        time.sleep(0.05)
    machine.extra += ["-chardev", f"socket,id=tpm,path={os.path.relpath(control)}",
                      "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                      "-device", "tpm-tis,tpmdev=tpm0"]
    # With a TPM the ACPI tables of QEMU 7.2 and its SeaBIOS are damaged when a kernel is given, so
    # the guest has none, cannot switch itself off, and must not trust the processor's clock. And
    # without them SeaBIOS leaves the TPM alone: where that does not answer in time, on a busy
    # machine, SeaBIOS would disable the owner's hierarchy, and no key could be unsealed.
    machine.extra += ["-machine", "acpi=off"]
    machine.append += " acpi=off tsc=unstable tpm_tis.force=1 tpm_tis.interrupts=0"
    return process
