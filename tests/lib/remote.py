# SPDX-License-Identifier: GPL-2.0-or-later
"""Unlocking over SSH: the server of a guest, and a client on the host."""

import os
import pty
import shutil
import subprocess
import time
from pathlib import Path

from . import cache
from .console import Console, Unexpected
from .patience import patient
from .ports import free_ports
from .proc import ENVIRONMENT, Failed, Missing, run
from .qemu import Machine

# The options of a connection: to whatever answers there, with our key alone.
OPTIONS = ("-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
           "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-o",
           "ConnectTimeout=20")
# In a file of an image: the public keys. The first gives a shell, the second runs the command that
# stands before it.
KEYS = {"@KEY-SHELL@": "shell", "@KEY-FORCED@": "forced"}

# Debian's, by hand and as the forced command that its documentation advises.
AUTHORIZED = "@KEY-SHELL@\ncommand=\"cryptroot-unlock\" @KEY-FORCED@\n"


def _make_keys(path: Path) -> None:
    path.mkdir()
    for name in KEYS.values():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path / name])


def keys() -> Path:
    """A folder with a key of each name, and NAME.pub."""
    if not shutil.which("ssh-keygen"):
        raise Missing("ssh is not installed (see tests/packages)")
    return cache.entry("ssh", "keys", (cache.recipe(_make_keys), tuple(KEYS)), _make_keys)


def with_keys(text: str) -> str:
    """The text with public keys in the place of their names."""
    for mark, name in KEYS.items():
        if mark in text:
            text = text.replace(mark, (keys() / f"{name}.pub").read_text().strip())
    return text


def connect(machine: Machine) -> None:
    """Give a machine a network card; `port` of the host leads to its port 22."""
    machine.port = free_ports()
    machine.extra += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{machine.port}-:22", "-device",
                      "virtio-net-pci,netdev=net,romfile="]


def _command(port: int, key: str, *words: str) -> list[str]:
    # ssh wants the key to be its user's alone.
    return ["ssh", *OPTIONS, "-i", str(keys() / key), "-p", str(port), "root@127.0.0.1", *words]


def call(port: int, key: str, command: str, stdin: bytes = b"", timeout: float = 90) -> tuple[
        int, str]:
    """Run a command there without a terminal: its exit status and what it printed. Tried again
    until there is a server."""
    end = time.monotonic() + patient(timeout)
    words = _command(port, key, *([command] if command else []))
    while True:
        done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=ENVIRONMENT, timeout=patient(timeout))
        if done.returncode != 255:
            return done.returncode, done.stdout.decode(errors="replace")
        if time.monotonic() > end:
            raise Failed(f"no SSH connection: {done.stdout.decode(errors='replace')}")
        time.sleep(0.5)


class Session:
    """A connection with a terminal of its own; a context manager."""

    def __init__(self, port: int, key: str, command: str, log: Path) -> None:
        self.master, slave = pty.openpty()
        words = _command(port, key, *([command] if command else []))
        words.insert(1, "-tt")
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave,
                                        env=ENVIRONMENT, start_new_session=True)
        os.close(slave)
        self.console = Console(self.master, self.master, log)

    def wait(self, timeout: float = 60) -> int:
        """Its exit status, when the other side has ended."""
        self.console.wait_end(timeout)
        try:
            return self.process.wait(patient(20))
        except subprocess.TimeoutExpired as error:
            raise Unexpected(f"the SSH session did not end\n{self.console.tail()}") from error

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(patient(20))
        self.console.close()
        os.close(self.master)
