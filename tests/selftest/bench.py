# SPDX-License-Identifier: GPL-2.0-or-later
"""Are the times of a boot read right, and what it is made of?"""

from benchmarks.profile import Boot, profile, read
from lib.proc import Failed
from lib.rootfs import NAME

CONSOLE = f"""[    0.000000] Linux version 6.1.0
[    2.500000] Run /init as init process
[    4.000000] EXT4-fs (vda): mounted filesystem, which is another one
[    5.250000] EXT4-fs (dm-1): mounted filesystem with ordered data mode
INTACT-TEST-UPTIME 6.75
INTACT-TEST-RUN {NAME} format=2
INTACT-TEST-RUN {NAME} step=disk 3.000 0.500 ok - /dev/vda
INTACT-TEST-RUN {NAME} step=header 3.500 0.001 ok -
INTACT-TEST-RUN {NAME} step=try 4.000 1.000 ok key-file
INTACT-TEST-RUN other step=try 1.000 9.000 ok key-file
INTACT-TEST-RUN {NAME} step=root 5.500 0.100 ok -
INTACT-TEST-ROOT-OK
"""


def _times() -> None:
    boot = read(CONSOLE)
    if (boot.init, boot.mounted, boot.system) != (2.5, 5.25, 6.75):
        raise Failed(f"read as {boot}")
    for line in ("Run /init", "EXT4-fs (dm-1)", "INTACT-TEST-UPTIME"):
        try:
            read(CONSOLE.replace(line, "x"))
        except Failed:
            continue
        raise Failed(f"a boot without {line!r} is taken for a whole one")


def _profile() -> None:
    wanted = ["init until intact-unlock looks for its disk: 0.50", "disk: 0.00 to 0.50",
              "try: 1.00 to 2.00", "open until mounted: 0.25"]
    found = profile(read(CONSOLE))
    if found != wanted:
        raise Failed(f"{found} instead of {wanted}")
    if profile(Boot(1, 2, 3)):
        raise Failed("a boot without our record has a profile")


CHECKS = {"times": _times, "profile": _profile}
