# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut's images looked at without booting them, and what dracut must refuse to make."""

import re
from collections.abc import Callable
from dataclasses import replace

from lib import disks, images
from lib.generator import CRYPTTAB
from lib.proc import Failed


def _refuses(prepare: str, wanted: str) -> Callable[[], None]:
    """dracut fails in a system prepared like that, says why, and leaves the old image alone."""
    def check() -> None:
        # Its crypttab says that the volume has integrity, so that no disk has to be seen to know
        # it.
        spec = replace(images.TABLE["dracut-systemd-promised"],
                       prepare=prepare + "\necho old >/tmp/initrd")
        log = images.attempt(spec, "cat /tmp/initrd")
        if not re.search(wanted, log) or not log.endswith("\nold\n"):
            raise Failed(f"dracut did not say {wanted!r} and stop:\n{log[:5000]}")
    return check


RESUME_DROP_INS = "'systemd-hibernate-resume.*intact.conf'"
# `intact needs`, as where all swaps are on bare partitions.
ELSEWHERE = """mv /usr/sbin/intact /usr/sbin/intact.real
printf '#!/bin/sh\\nintact.real "$@" || exit; [ "$1" != needs ] || echo resume elsewhere\\n' \\
	>/usr/sbin/intact
chmod 755 /usr/sbin/intact
"""


KEYED = CRYPTTAB.replace("none luks", "/root.key luks,x-intact.integrity=hmac(sha256)")


def _resume() -> None:
    """A resume waits for the volumes, unless no swap is on one of them."""
    options = " ".join(f"'{word}'" for word in images.TABLE["dracut-systemd-promised"].options)
    make = f"dracut --force --kver $(ls /lib/modules) {options}"
    images.in_system(images.TABLE["dracut-systemd-promised"], f"""set -e
{make} /tmp/waits >/tmp/log 2>&1 || {{ cat /tmp/log; exit 1; }}
{ELSEWHERE}
{make} /tmp/alone >/tmp/log 2>&1 || {{ cat /tmp/log; exit 1; }}
lsinitrd /tmp/waits | grep -c {RESUME_DROP_INS} | grep -x 2
lsinitrd /tmp/alone >/tmp/list
grep 'sysroot.mount.d/intact.conf' /tmp/list
if grep {RESUME_DROP_INS} /tmp/list; then exit 1; fi
""")


def _key() -> None:
    """A key file that install_items has in the image opens the volume there."""
    spec = replace(images.TABLE["dracut-systemd-promised"], crypttab=KEYED)
    options = " ".join(f"'{word}'" for word in spec.options)
    make = f"dracut --force --kver $(ls /lib/modules) {options}"
    images.in_system(spec, f"""set -e
echo key >/root.key
echo 'install_items+=" /root.key "' >/etc/dracut.conf.d/key.conf
{make} /tmp/a >/tmp/log 2>&1 || {{ cat /tmp/log; exit 1; }}
if grep 'not put into the image' /tmp/log; then exit 1; fi
lsinitrd /tmp/a -f etc/intact/crypttab >/tmp/tab
cat /tmp/tab
grep '^[^ ]* [^ ]* /root.key ' /tmp/tab
lsinitrd /tmp/a -f root.key | grep -x key
""")


def _cmdline() -> None:
    """The parameters that dracut.conf puts into the image count, as for dracut itself."""
    spec = images.TABLE["dracut-systemd-promised"]
    options = " ".join(f"'{word}'" for word in spec.options)
    make = f"dracut --force --kver $(ls /lib/modules) {options}"
    images.in_system(spec, f"""set -e
echo 'kernel_cmdline="rd.luks.name={disks.ROOT_UUID}=mine"' >/etc/dracut.conf.d/cmdline.conf
{make} /tmp/a >/tmp/log 2>&1 || {{ cat /tmp/log; exit 1; }}
mkdir /tmp/x
cd /tmp/x
lsinitrd --unpack /tmp/a
chroot /tmp/x /usr/sbin/intact-unlock --list >/tmp/list
cat /tmp/list
grep '^mine UUID={disks.ROOT_UUID} ' /tmp/list
""")


REFUSED: dict[str, Callable[[], None]] = {
    "dracut-refuses-lost-modules": _refuses(
        "rm -r /lib/modules/*/kernel/drivers/md; depmod -a $(ls /lib/modules)",
        "has no module dm_integrity(.*\n)*.*would not boot this system"),
    "dracut-refuses-no-tree": _refuses("mv /lib/modules /lib/lost", "Cannot find module directory"),
    "dracut-refuses-no-unit": _refuses("rm /usr/lib/systemd/system/intact-unlock.service",
                                       "intact-unlock.service cannot be copied into the image"),
    "dracut-refuses-no-drop-ins": _refuses("rm -r /usr/lib/intact/systemd",
                                           "d/intact.conf cannot be copied into the image"),
    "dracut-refuses-silent-tool": _refuses("printf '#!/bin/sh\\nexit 3\\n' >/usr/sbin/intact",
                                           "would not boot this system"),
    "dracut-refuses-no-rules": _refuses("rm /lib/udev/rules.d/95-dm-notify.rules",
                                        "no udev rules for device-mapper"),
}

def _omitted(options: str, wanted: str, code: int = 0, tree: str = "dracut",
             prepare: str = "") -> Callable[[], None]:
    """dracut, told to leave out something of ours, says what that means; and nothing when it
    concerns no volume, or is told nothing of the kind."""
    def check() -> None:
        spec = replace(images.TABLE["dracut-systemd-promised"], tree=tree)
        words = " ".join(f"'{word}'" for word in spec.options)
        text = images.in_system(spec, f"""set +e
{prepare}
dracut --force --kver $(ls /lib/modules) {words} {options} /tmp/initrd 2>&1; echo code $?
""")
        if f"code {code}\n" not in text or (
                not re.search(wanted, text) if wanted else "made without intact" in text):
            raise Failed(f"dracut did not end with {code} and say {wanted!r}:\n{text[:5000]}")
    return check


WITHOUT = "intact: this image is made without intact, so nothing checks the disk"
LEFT_OUT = "the module dm_integrity was left out of the image, which would not boot this system"
OMITTED: dict[str, Callable[[], None]] = {
    "dracut-omits-intact": _omitted("--omit intact", WITHOUT),
    "dracut-omits-intact-trixie": _omitted("--omit intact", WITHOUT, tree="dracut@trixie"),
    "dracut-omits-intact-testing": _omitted("--omit intact", WITHOUT, tree="dracut@testing"),
    "dracut-omits-by-file": _omitted(
        "", WITHOUT, prepare="echo 'omit_dracutmodules+=\" intact \"' >/etc/dracut.conf.d/a.conf"),
    # What it depends on.
    "dracut-omits-dm": _omitted("--omit dm", WITHOUT),
    "dracut-omits-driver": _omitted("--omit-drivers dm_integrity", LEFT_OUT, 1),
    "dracut-omits-driver-trixie": _omitted("--omit-drivers dm-integrity", LEFT_OUT, 1,
                                           tree="dracut@trixie"),
    "dracut-omits-other-driver": _omitted("--omit-drivers dm_raid", ""),
    "dracut-omits-without-volume": _omitted("--omit intact", "", prepare=": >/etc/crypttab"),
}

# A module that takes away what another has put in.
LOSES = "/usr/lib/dracut/modules.d/99loses"
LOST = replace(
    images.TABLE["dracut-plain"],
    prepare=f"mkdir {LOSES}\n"
            f"printf 'check() {{ :; }}\\ndepends() {{ :; }}\\ninstall() {{ find \"$initdir\" "
            f"-name intact-unlock -delete; }}\\n' >{LOSES}/module-setup.sh\n"
            f"chmod 755 {LOSES}/module-setup.sh")

CHECKS: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {
    **{name: (("dracut-systemd",), check) for name, check in REFUSED.items()},
    **{name: ((), check) for name, check in OMITTED.items()},
    "dracut-resume-elsewhere": ((), _resume),
    "dracut-key-file": ((), _key),
    "dracut-cmdline": ((), _cmdline),
}
