# SPDX-License-Identifier: GPL-2.0-or-later
"""dracut's images looked at without booting them, and what dracut must refuse to make."""

import re
from collections.abc import Callable
from dataclasses import replace

from lib import images
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
