# SPDX-License-Identifier: GPL-2.0-or-later
"""The units that a timer starts: for which volumes their conditions hold, by the links that udev
makes in /dev. To add a kind of volume: a line in VOLUMES.
"""

import re
from fnmatch import fnmatchcase

from lib.paths import REPO
from lib.proc import Failed
from lib.suite import Test

UUID = "0a8e63c3b2f44c1f9f0e5d7c1a2b3c4d"
LUKS = ("/dev/mapper/root", f"/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-{UUID}-root")
VOLUMES = {
    "tags": (*LUKS, "/dev/mapper/root_dif"),
    # The disk itself has room for the tags: there is no NAME_dif.
    "tags-on-the-disk": LUKS,
    "weak": (*LUKS, "/dev/mapper/root_crc32c",
             "/dev/disk/by-id/dm-uuid-CRYPT-INTEGRITY-root_crc32c"),
}
UNITS = ("scrub", "status")


def _starts(unit: str, links: tuple[str, ...]) -> bool:
    text = (REPO / f"hooks/systemd/intact-{unit}.service").read_text()
    globs = re.findall(r"^ConditionPathExistsGlob=\|(.*)$", text, re.MULTILINE)
    return any(fnmatchcase(link, glob) for link in links for glob in globs)


def _check(unit: str) -> None:
    for name, links in VOLUMES.items():
        if not _starts(unit, links):
            raise Failed(f"intact-{unit}.service does not start for a volume of the kind {name}")
    if _starts(unit, ("/dev/mapper/control", "/dev/mapper/system-root")):
        raise Failed(f"intact-{unit}.service starts without an open volume")


def tests() -> list[Test]:
    return [Test(f"lint/timers/{unit}", lambda report, logs, unit=unit: _check(unit))
            for unit in UNITS]
