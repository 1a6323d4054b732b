# SPDX-License-Identifier: GPL-2.0-or-later
"""Freshness in whole boots: a Debian root with its real end of the system, which writes the closing
record, and a TPM that remembers from one boot to the next."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib import disks, images, swtpm, tpm
from lib.disks import ROOT_UUID
from lib.paths import REPO, MEMORY
from lib.proc import Failed, run
from lib.qemu import Drive, Machine, Qemu
from lib.suite import Test

from .boot import PROMPT, SHELL
from .fresh import TOOLS, in_guest

# What runs in the system: it writes, and then the system ends as a person would end it.
SESSION = """[Unit]
Description=A session
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cat /proc/uptime >>/var/session; echo INTACT-SESSION >/dev/ttyS0; $END'
[Install]
WantedBy=basic.target
"""
PREPARE = r"""
boot; same 0 'is open and protected'
pin --fresh=$DEMAND; same 0 'as it is, is the current one'
mount /dev/mapper/root /mnt || bad=1
cp /bin/intact /mnt/usr/sbin/intact
$INSTALL
umount /mnt
off
exit $bad
"""


@dataclass(frozen=True)
class Ending:
    """How a system ends."""
    disk: str
    end: str            # the command of a person
    files: dict[str, Path | bytes]
    install: str        # shell: puts the files, which are below /put, into /mnt
    append: str = ""


SYSTEMD = Ending(
    "debian", "systemctl --no-block reboot",
    {"put/hook": REPO / "hooks/shutdown/intact", "put/session.service": SESSION.encode()},
    """cp /put/hook /mnt/usr/lib/systemd/system-shutdown/intact
chmod 755 /mnt/usr/lib/systemd/system-shutdown/intact
sed "s/.END/$END/" /put/session.service >/mnt/etc/systemd/system/session.service
mkdir -p /mnt/etc/systemd/system/basic.target.wants
ln -s ../session.service /mnt/etc/systemd/system/basic.target.wants/""",
    "systemd.unit=basic.target")


@dataclass(frozen=True)
class Boots:
    """Three boots: one after the preparation, one after a clean end, one of an older copy."""
    image: str
    demand: str = "require"
    ending: Ending = SYSTEMD
    append: str = ""


def _prepare(case: Boots, disk: Path, state: Path, logs: Path) -> None:
    script = TOOLS.replace("@UUID@", ROOT_UUID) + PREPARE.replace(
        "$INSTALL", case.ending.install).replace("$DEMAND", case.demand).replace(
        "$END", case.ending.end)
    with swtpm.Swtpm(state) as device:
        result = in_guest(script, Drive(disk, keep=True), device, logs, add=case.ending.files)
    if result.exit != 0:
        raise Failed(f"the preparation ended with {result.exit}:\n{result.output}")


def _boot(case: Boots, disk: Path, state: Path, logs: Path, end: str) -> str:
    """One boot, up to a text of the end; what the console showed."""
    initrd, kernel = images.image(case.image)
    logs.mkdir(exist_ok=True)
    made = Machine(kernel, initrd, f"root=/dev/mapper/{images.NAME} ro console=ttyS0 quiet "
                   f"{case.ending.append} {case.append}", [Drive(disk, "disk0", keep=True)], 1536)
    process = tpm.connect(made, state)
    try:
        with Qemu(made, logs) as guest:
            guest.console.question(PROMPT, 120, rf"{SHELL}|Kernel panic")
            guest.console.send(disks.PASSPHRASE + b"\n")
            found = guest.console.expect(end, 240, "Kernel panic")
            if "SESSION" in found.group():
                guest.console.expect("reboot: Restarting system", 180, "Kernel panic")
            return guest.console.text
    finally:
        process.kill()
        process.wait()
        (state / "control").unlink(missing_ok=True)


def _story(case: Boots, logs: Path) -> None:
    unclean = "was not shut down cleanly"
    with tempfile.TemporaryDirectory(dir=logs) as folder, \
            tempfile.TemporaryDirectory(dir=MEMORY) as memory:
        disk, old, state = Path(folder, "disk"), Path(folder, "old"), Path(memory)
        run(["cp", "--sparse=always", disks.disk(case.ending.disk), disk])
        disk.chmod(0o600)
        _prepare(case, disk, state, logs)
        first = _boot(case, disk, state, logs / "first", "^INTACT-SESSION")
        if unclean not in first:
            raise Failed("the first boot did not say that the preparation had no clean end")
        run(["cp", "--sparse=always", disk, old])
        second = _boot(case, disk, state, logs / "second", "^INTACT-SESSION")
        if unclean in second or "older single blocks" in second:
            raise Failed("no closing record after a clean end of the system")
        shutil.move(old, disk)
        third = _boot(case, disk, state, logs / "third",
                      "older than this machine remembers|INTACT-SESSION")
        if "INTACT-SESSION" in third:
            raise Failed("an older copy was booted")


BOOTS: dict[str, Boots] = {
    "systemd": Boots("fresh-tags", "require,tags"),
    "slow/dracut-systemd": Boots("dracut-systemd-fresh"),
    "slow/dracut-plain": Boots("dracut-plain-fresh"),
    "slow/mkinitcpio-systemd": Boots("mkinitcpio-systemd-fresh"),
    # Debian's /sbin/init is an absolute link, which mkinitcpio's init follows inside the image.
    "slow/mkinitcpio-udev": Boots("mkinitcpio-udev-fresh",
                                  append="init=/usr/lib/systemd/systemd"),
}


def tests(needs: Callable[..., tuple], image_needs: Callable[..., tuple]) -> list[Test]:
    found = []
    for name, case in BOOTS.items():
        possible = images.possible(images.TABLE[case.image])
        found.append(Test(f"fresh/{name}", lambda report, logs, case=case: _story(case, logs),
                          needs=(*needs(case.ending.disk), *image_needs(case.image))
                          if possible else ()))
    return found
