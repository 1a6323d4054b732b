# SPDX-License-Identifier: GPL-2.0-or-later
"""What an initramfs image is made of, and what a generator is to the test bed.

Each generator is a file gen_NAME.py with the two things that images.py takes from it: `GENERATOR`,
how it is asked, and `IMAGES`, its part of the table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import disks, layouts, legs, rootfs

NAME = rootfs.NAME
CRYPTTAB = f"{NAME} UUID={disks.ROOT_UUID} none luks\n"
FRESH_CRYPTTAB = CRYPTTAB.replace("luks", "luks,x-intact.integrity,x-intact.fresh=require")
FSTAB = f"/dev/mapper/{NAME} / ext4 errors=remount-ro 0 1\n"
# Standalone dm-integrity below an array: the first two disks of a guest. What is written in bitmap
# mode is on the disk at once, also when a guest is switched off before a journal is full.
LEGS = {"integritytab": "".join(
    f"leg{number} /dev/disk/by-id/virtio-disk{number} - integrity-algorithm={legs.ALGORITHM},"
    f"mode={mode}\n" for number, mode in enumerate(("bitmap", "journal")))}
# The same below a volume without integrity: as `intact format --weak-hardware` prints the line.
WEAK = {"integritytab": "root_crc32c /dev/disk/by-id/virtio-disk0 - "
                        f"integrity-algorithm={legs.ALGORITHM}\n"}
# Two volumes that hold the root together.
PAIR = "".join(f"{name} UUID={uuid} none luks,x-intact.leg,x-intact.integrity=hmac(sha256)\n"
               for name, uuid in ((NAME, disks.ROOT_UUID), ("other", disks.OTHER_UUID)))
USR_CRYPTTAB = PAIR.replace("x-intact.leg,", "").replace("other", "usr")
USR_FSTAB = FSTAB + "/dev/mapper/usr /usr ext4 defaults 0 2\n"
# Two volumes, of which the second one is the swap that a hibernated system is on.
RESUME_CRYPTTAB = "".join(
    f"{name} UUID={uuid} none luks,x-initrd.attach,x-intact.integrity=hmac(sha256),"
    f"x-intact.holds={holds}\n"
    for name, uuid, holds in ((NAME, disks.ROOT_UUID, "root+usr"),
                              ("swap", disks.OTHER_UUID, "resume")))
# The array of the test disks.
MD_CONF = "ARRAY /dev/md0 UUID=696e7461:63742d72:6169642d:75756964\n"
# lib/layouts.py, with devices named in several ways.
IN_IMAGE = "none luks,initramfs,x-intact.integrity=hmac(sha256)\n"
MD_CRYPTTAB = (f"{NAME} UUID={layouts.UUIDS[0]} {IN_IMAGE}"
               f"swap0 UUID={layouts.UUIDS[2]} {IN_IMAGE}"
               f"other /dev/disk/by-id/virtio-disk1 {IN_IMAGE}"
               f"swap1 /dev/disk/by-id/virtio-disk3 {IN_IMAGE}")
NESTED_CRYPTTAB = (f"other UUID={layouts.UUIDS[2]} {IN_IMAGE}"
                   f"{NAME} UUID={layouts.UUIDS[0]} {IN_IMAGE}"
                   f"inner UUID={layouts.UUIDS[1]} {IN_IMAGE}")
LAYOUTS = {"md": {"crypttab": MD_CRYPTTAB, "fstab": "/dev/system/root / ext4 ro 0 1\n"},
           "nested": {"crypttab": NESTED_CRYPTTAB,
                      "fstab": f"/dev/mapper/{NAME} / btrfs subvol=@ 0 1\n"}}
# Every disk is a map, as on a machine with a storage network; but none of virtio's.
MULTIPATH = """defaults {
	find_multipaths no
	user_friendly_names yes
}
blacklist {
	devnode "^vd"
}
"""
# … or one that has a second path after some seconds.
SMART = MULTIPATH.replace("find_multipaths no", "find_multipaths smart")
# A French keyboard: Q is where A is elsewhere. The keymap for it is made when one has been chosen.
FRENCH = {"default/keyboard":
          'XKBMODEL="pc105"\nXKBLAYOUT="fr"\nXKBVARIANT=""\nXKBOPTIONS=""\n'}
SAVE_KEYMAP = "setupcon --save-only"
# A boot splash that draws, however late the screen's driver is.
DRAWN = {"plymouth/plymouthd.conf": "[Daemon]\nTheme=spinner\nDeviceTimeout=600\n"}
# A detached header, below /etc.
HEADER = "header.img"


@dataclass(frozen=True)
class Image:
    """How an image is made."""
    generator: str = "initramfs-tools"
    # lib/debian.py; "dracut@trixie" is that layer on another suite
    tree: str = "debian"
    ours: bool = True                      # with our files installed
    modules: str = "most"                  # initramfs-tools' MODULES=
    options: tuple[str, ...] = ()          # more for the generator's command line
    etc: dict[str, str] = field(default_factory=dict)    # more files below /etc
    crypttab: str = CRYPTTAB
    fstab: str = FSTAB
    header: str = ""                       # the disk (lib/disks.py) whose header is HEADER
    prepare: str = ""                      # shell, before the generator runs
    # made in a guest of that kind ("uml", "qemu") from the running root,
    guest: str = ""
                                           # or with a whole system on an empty disk ("scratch")


@dataclass(frozen=True)
class Generator:
    """How a generator is asked. Its shell runs in the system that the image is for."""
    settings: Callable[[Image], dict[str, str]]     # files below /etc that every image of it has
    # (image, kernel version, folder) → shell that leaves there
    make: Callable[[Image, str, str], str]
                                                    # `initrd` and, whatever happens, `build.log`
    # shell that prints /out/initrd's files as ls -l does
    listing: str
    # regular expression: the prompt of the shell after a failed boot
    shell: str
    # shell that names virtio's drivers to it, for a guest whose disk
    name_drivers: str = ""
                                                    # has no driver to be seen in sysfs; /share is
                                                    # the folder
    # For one that is no package of the tree: the folder of the host that it comes from, and shell
    # that installs it from there (`generator` in the shell's folder, which is $where).
    source: Callable[[], Path] | None = None
    setup: str = ""
