# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots that are unlocked from elsewhere: over SSH, by clevis."""

import re

from lib import remote, rootfs
from lib.console import Unexpected
from lib.gen_dracut import SUITES
from lib.qemu import Qemu

from .boot import PROMPT, Case, Step, expect, question

# What cryptroot-unlock prints, where it asks on a terminal and where it reads standard input.
THEIR_PROMPT = rf"Please unlock disk {rootfs.NAME}: "


def ssh(command: str, stdin: bytes, exit_code: int, want: str, key: str = "shell") -> Step:
    """Run a command in the guest, without a terminal there."""
    def step(guest: Qemu) -> None:
        code, said = remote.call(guest.machine.port, key, command, stdin)
        guest.console.note(f"ssh {command!r}: exit {code}\n{said}")
        if code != exit_code or not re.search(want, said, re.MULTILINE):
            raise Unexpected(f"{command!r} over SSH: exit {code}, wanted {exit_code} and {want!r}:"
                             f"\n{said}")
    return step


def session(*dialogue: tuple[str, bytes], exit_code: int = 0, key: str = "forced",
            command: str = "") -> Step:
    """A login with a terminal: what is typed at which prompt there."""
    def step(guest: Qemu) -> None:
        with remote.Session(guest.machine.port, key, command, guest.folder / "ssh.log") as there:
            try:
                for prompt, keys in dialogue:
                    there.console.expect(prompt, 60)
                    there.console.send(keys)
                code = there.wait()
            except Unexpected as error:
                while guest.console.pump(5):
                    pass
                raise Unexpected(f"over SSH: {error}\n{there.console.tail()}") from error
            if code != exit_code:
                raise Unexpected(f"the SSH session ended with {code}, wanted {exit_code}\n"
                                 f"{there.console.tail()}")
    return step


CASES: dict[str, Case] = {
    # Nobody is at the console. Debian's cryptroot-unlock, as people call it from a script, and as
    # the forced command of a login.
    "remote/cryptroot-unlock": Case(
        "remote", network=True, append="ip=dhcp", prompts=2, dialogue=(
            question(),
            ssh("cryptroot-unlock", b"wrong", 1, "bad password"),
            expect("wrong passphrase; 2 more attempts"), question(),
            session((THEIR_PROMPT, b"intact\n"), ("set up successfully", b"")))),
    # By hand, in a shell: the prompt ends on every console.
    "remote/by-hand": Case(
        "remote", network=True, append="ip=dhcp console=tty0", ends="unseen", dialogue=(
            question(),
            ssh(f"cryptsetup open --key-file - /dev/disk/by-id/virtio-disk0 {rootfs.NAME}",
                b"intact", 0, ""),
            expect(f"{rootfs.NAME}: is already open"))),
    "remote/clevis": Case("remote", disk="clevis", network=True, dialogue=(question(),)),
    "slow/remote/tang": Case("remote", disk="tang", tang=True, append="ip=dhcp",
                             dialogue=(question(),)),
    **{f"slow/remote/dracut-systemd{suite}/clevis": Case(
        f"dracut-systemd-clevis{suite}", disk="clevis", dialogue=(question(),))
       for suite in SUITES},
}
