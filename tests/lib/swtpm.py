# SPDX-License-Identifier: GPL-2.0-or-later
"""An emulated TPM 2.0 for a guest under QEMU: its memory is a folder, which can be copied, set back
or exchanged between two boots."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .patience import patient
from .proc import ENVIRONMENT, TIED, Missing

# Some versions of QEMU and its firmware damage the ACPI tables when there is a TPM: then the kernel
# finds it only when asked to look, and cannot switch the machine off.
APPEND = "tpm_tis.force=1"


class Swtpm:
    """A TPM for one run of QEMU. Use as a context manager."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def __enter__(self) -> "Swtpm":
        if not shutil.which("swtpm"):
            raise Missing("swtpm is not installed (see tests/packages)")
        self.state.mkdir(parents=True, exist_ok=True)
        # socket paths must be short
        self._folder = tempfile.TemporaryDirectory(prefix="intact-tpm-")
        self._path = Path(self._folder.name, "ctrl")
        self._process = subprocess.Popen(
            [*TIED, "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}",
             "--ctrl", f"type=unixio,path={self._path}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        until = time.monotonic() + patient(10)
        while not self._path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        return self

    @property
    def arguments(self) -> list[str]:
        """What QEMU is called with."""
        return ["-chardev", f"socket,id=tpm,path={self._path}",
                "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"]

    def __exit__(self, *_: object) -> None:
        # It ends by itself after QEMU has; what is written by then is its memory.
        try:
            self._process.wait(patient(5))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
