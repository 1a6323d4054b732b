# SPDX-License-Identifier: GPL-2.0-or-later
"""Two LUKS volumes that hold one root together: what is made across them, in the lab guest."""

from pathlib import Path

from . import lab, rootfs
from .proc import run
from .qemu import Drive

# The mappings are "disk" and "other"; $DISK2 is the root's file system.
BTRFS = f"""mkfs.btrfs -q -f -M -m raid1 -d raid1 -L {rootfs.FS_LABEL} \\
	/dev/mapper/disk /dev/mapper/other
mkdir -p /mnt/from /mnt/to
mount -o ro $DISK2 /mnt/from
mount -o device=/dev/mapper/other /dev/mapper/disk /mnt/to
cp -a /mnt/from/. /mnt/to/
umount /mnt/from /mnt/to"""
LVM = """modprobe -q dm-raid
lvm pvcreate -q -ff -y /dev/mapper/disk /dev/mapper/other
lvm vgcreate -q system /dev/mapper/disk /dev/mapper/other
# The parts of the mirror need nodes, which udev does not make here.
lvm lvcreate --config "activation/udev_sync=0 activation/udev_rules=0" -q -y -Zn -Wn --nosync \\
	--type raid1 -m 1 -L 32M -n root system
lvm vgmknodes
dd if=$DISK2 of=/dev/system/root bs=1M conv=notrunc 2>/dev/null
sync
lvm vgchange -q -an system"""


def script(pair: str, volumes: tuple[tuple[str, str], ...]) -> str:
    """The lab's script: a volume on each disk, with every block written, and the pair on both.
    `volumes`: the UUID of each, and its options for luksFormat."""
    steps = ["set -e"]
    for number, (name, (uuid, options)) in enumerate(zip(("disk", "other"), volumes)):
        steps.append(
            f"cryptsetup luksFormat --batch-mode --uuid {uuid} {options} --integrity-no-wipe "
            f"--key-file /lab/passphrase $DISK{number}\n"
            f"cryptsetup open --integrity-no-journal --key-file /lab/passphrase $DISK{number} "
            f"{name}\n"
            # To the end: dd stops there with "no space left", which is the aim.
            f"dd if=/dev/zero of=/dev/mapper/{name} bs=1M conv=notrunc 2>/dev/null || :")
    return "\n".join([*steps, "sync", pair, "cryptsetup close disk", "cryptsetup close other",
                      "sync", ""])


def make(path: Path, size: int, commands: str, passphrase: bytes) -> None:
    """The folder with `disk` and `other`, each of so many MiB."""
    path.mkdir()
    both = [path / "disk", path / "other"]
    for file in both:
        with file.open("wb") as raw:
            raw.truncate(size * rootfs.MIB)
    drives = [*(Drive(file, keep=True) for file in both), Drive(rootfs.image("tiny"))]
    result = lab.lab(lab.Job(commands, add={"lab/passphrase": passphrase}, timeout=900,
                             drives=drives))
    if result.exit:
        raise lab.Unexpected(f"no pair was made: exit {result.exit}\n{result.output}")
    for file in both:
        run(["fallocate", "-d", file])
