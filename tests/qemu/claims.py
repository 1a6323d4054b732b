# SPDX-License-Identifier: GPL-2.0-or-later
"""One disk, one mapping, on the kernels of several suites: device-mapper lets all its devices share
a disk, so the program looks at what sysfs shows once its table is loaded (system/dmdevice.h).
"""

from collections.abc import Callable
from pathlib import Path

from lib import debs, kernels
from lib.patience import patient

from . import direct
from .direct import ABOVE, RESCUE, Direct
from .direct import TAB as SHORT

# A worker's third request to device-mapper loads its first table. Before it takes effect, another
# process makes a device on the disk: when the device that shall be on it was created and its claim
# was given up.
SLOWLY = ("/lab/traced/strace -f -o /dev/null -P /dev/mapper/control -e trace=ioctl "
          f"-e inject=ioctl:delay_enter={patient(3) * 1000000:.0f}:when=3 ")
MEANWHILE = "(wait_for dmsetup info {}; wait_for \"" + ABOVE + "\") & "
TAB = SHORT.replace("timeout=3", "timeout=30")       # a guest of QEMU is slow
RUN = "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline"
LEG = ("dd if=/dev/zero of=/tmp/leg0 bs=1M count=16 2>/dev/null; losetup /dev/loop0 /tmp/leg0; "
       "integritysetup format -q --no-wipe /dev/loop0 >/dev/null; "
       "echo 'int0 /dev/loop0' >/tmp/itab; ")

ROWS: dict[str, Direct] = {
    "shared": Direct(crypttab=TAB, dialogue=(), setup=RESCUE,
                     check="one_user && dmsetup info rescue"),
    "volume": Direct(
        crypttab=TAB, seconds=90, exit=5, setup=MEANWHILE.format("root_dif"), run=SLOWLY + RUN,
        shows=("/dev/loop0 is in use by above",),
        check="closed root_dif && one_user && dmsetup table above"),
    "standalone": Direct(
        disk="", crypttab="", seconds=90, dialogue=(), exit=5, setup=LEG + MEANWHILE.format("int0"),
        run=f"{SLOWLY}{RUN} --integritytab /tmp/itab", shows=("/dev/loop0 is in use by above",),
        check="closed int0 && one_user && dmsetup table above"),
    # Nothing comes in between.
    "alone": Direct(crypttab=TAB, seconds=90, run=SLOWLY + RUN,
                    check="one_user && dmsetup table root"),
}
# The kernels of other suites only when asked for by name.
SUITES = {"claims": "", "slow/claims/trixie": "trixie", "slow/claims/testing": "testing"}


def run(group: str, names: tuple[str, ...], folder: Path,
        ended: Callable[[str, Exception | None, float], None]) -> None:
    """Rows on one kernel, in one guest."""
    suite = SUITES[group]
    direct.batch({name: ROWS[name] for name in names}, folder, ended, "qemu",
                 kernels.of(suite) if suite else None, debs.strace())
