# SPDX-License-Identifier: GPL-2.0-or-later
"""A generator that cannot make an image that boots says so, and leaves the old one as it was."""

import re
import tempfile
from pathlib import Path

from lib import debian, images
from lib.images import Image
from lib.proc import Failed

OLD = b"the image that boots\n"
# /boot of a size, with what the generator wants to find there.
SMALL_BOOT = (
    "mkdir /tmp/boot && cp /boot/config-* /tmp/boot && mount -t tmpfs -o size=2m boot /boot && "
    "cp /tmp/boot/* /boot && cp /out/old /boot/initrd.img-$version")

LOCAL_TOP = "script=/etc/initramfs-tools/scripts/local-top/intact\nmkdir -p ${script%/*}"

# A row: a name → shell after which no image can be made, and what must be said then. With every
# one: exit code not 0.
CASES: dict[str, tuple[str, str]] = {
    "full-boot": (SMALL_BOOT, r"No space left on device"),
    "read-only-boot": (f"{SMALL_BOOT} && mount -o remount,ro /boot", r"Read-only file system"),
    "no-module-tree": ("mv /lib/modules/$version /lib/modules/away",
                       r"intact: .*no module tree for kernel"),
    # The program would be in the image, and nothing would start it.
    "script-switched-off": (f"{LOCAL_TOP}\n: >$script", r"intact would not run in this image"),
    "script-replaced": (f"{LOCAL_TOP}\nprintf '#!/bin/sh\\n' >$script\nchmod 755 $script",
                        r"intact would not run .*remove /etc/initramfs-tools/scripts/local-top/"),
}


def check(name: str) -> None:
    breaks, said = CASES[name]
    base = debian.tree("debian")
    spec = Image(prepare=images.FEW_DRIVERS)
    with tempfile.TemporaryDirectory(prefix="intact-keeps-") as scratch:
        out = Path(scratch)
        images._stage(spec, out)
        (out / "old").write_bytes(OLD)
        with debian.mounted(base) as mount:
            mount.run(f"""{images._prepare(spec, "/out")}
version={base.kernels()[-1]}
cp /out/old /boot/initrd.img-$version
{breaks}
set +e
update-initramfs -u -k $version >/out/log 2>&1 </dev/null
echo $? >/out/code
cp /boot/initrd.img-$version /out/new
ls /boot >/out/boot
""", binds={"/out": out}, timeout=300)
        log, code, new = (out / "log").read_text(), (out / "code").read_text().strip(), (
            out / "new").read_bytes()
        names = (out / "boot").read_text()
    if code == "0" or not re.search(said, log):
        raise Failed(f"the generator ended with {code} and never said {said!r}:\n{log}")
    if new != OLD:
        raise Failed(f"the old image was replaced:\n{log}")
    if ".new" in names:
        raise Failed(f"half an image is left in /boot: {names}")
