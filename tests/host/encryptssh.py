# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio's run-time hook beside encryptssh: what a login over SSH then runs. In a folder with
busybox, a program in our program's place, and a login shell that reads the same files as that of
mkinitcpio-utils."""

import os
import shutil
import tempfile
from pathlib import Path

from lib.paths import REPO
from lib.proc import Failed, Missing, run
from lib.suite import Test

# The files are evaluated, as there; but what would be run is printed.
SHELL = """#!/bin/sh
eval echo cryptsetup open --type luks \\`cat /.cryptdev\\` \\`cat /.cryptname\\` \\
\t\\`cat /.cryptargs\\`
"""
UNLOCK = """#!/bin/sh
if [ "$1" = --list ]; then cat /list; else /bin/cryptsetup_shell >/shown 2>&1; fi
"""
UUID = "UUID=1a7ac700-0000-4000-8000-000000000001"
OPENS = f"cryptsetup open --type luks {UUID} root\n"
# What --list prints → what a login runs while our program waits.
TABLE = {
    "first-volume": (f"root {UUID} (the image)\nhome UUID=2 (the image)\n", OPENS),
    "hostile-name": (f"$(reboot) UUID=2 (x)\n`reboot` UUID=3 (x)\na;b UUID=4 (x)\n"
                     f"root {UUID} (the image)\n", OPENS),
}


def _check(listed: str, wanted: str) -> None:
    busybox = shutil.which("busybox")
    if not busybox or os.geteuid() != 0:
        raise Missing("busybox is not installed (see tests/packages), or this is not root")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("bin", "usr/sbin", "hooks", "dev"):
            (root / name).mkdir(parents=True)
        shutil.copy(busybox, root / "bin/busybox")
        for name in ("sh", "ash", "cat", "echo"):
            (root / "bin" / name).symlink_to("busybox")
        for name, text in (("bin/cryptsetup_shell", SHELL), ("usr/sbin/intact-unlock", UNLOCK)):
            (root / name).write_text(text)
            (root / name).chmod(0o755)
        (root / "list").write_text(listed)
        shutil.copy(REPO / "mkinitcpio/hooks/intact", root / "hooks/intact")
        run(["mknod", "-m", "666", root / "dev/null", "c", "1", "3"])
        run(["chroot", root, "/bin/ash", "-c", ". /hooks/intact && run_hook"])
        got = (root / "shown").read_text()
    if got != wanted:
        raise Failed(f"a login runs {got!r}, wanted {wanted!r}")


def tests() -> list[Test]:
    return [Test(f"mkinitcpio/encryptssh:{name}", lambda report, logs, row=row: _check(*row))
            for name, row in TABLE.items()]
