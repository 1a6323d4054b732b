# SPDX-License-Identifier: GPL-2.0-or-later
"""The floor below every program that opens the root: the same generator and kernel, an image
without such a program that only loads the modules of an integrity-protected root, and the same root
on a plain disk. Nothing is opened, so no program that does can be faster on one CPU.
"""

from dataclasses import replace

from lib import debian, disks, images, rootfs
from lib.images import TABLE
from lib.qemu import Drive

from . import guest, pairs

# Those that a kernel lacks are parts of others there.
MODULES = "dm_crypt dm_integrity authenc hmac sha256_ssse3 aesni_intel"
# Shell, with their names in $names: the generator's own way to load modules by name.
LOADS = {
    "initramfs-tools": "printf '%s\\n' $names >>/etc/initramfs-tools/modules",
    "dracut": "echo \"force_drivers+=\\\" $names \\\"\" >/etc/dracut.conf.d/floor.conf",
    "mkinitcpio": "sed -i \"s/^MODULES=()/MODULES=($names)/\" /etc/mkinitcpio.conf",
}
PREPARE = """{before}
names=
for name in {modules}; do
	! modinfo -k {version} "$name" >/dev/null 2>&1 || names="$names $name"
done
{loads}
"""


def image(pair: pairs.Pair) -> str:
    """The name of the image, which is put into the table."""
    spec = TABLE[pair.none]
    name = f"{pair.none}-floor"
    TABLE[name] = replace(spec, prepare=PREPARE.format(
        before=spec.prepare, modules=MODULES, version=debian.tree(spec.tree).kernels()[-1],
        loads=LOADS[pair.family]))
    return name


def drive() -> Drive:
    """The root that the other images open, on a plain disk."""
    return Drive(rootfs.image(disks.TABLE[guest.NO_KDF].fs))
