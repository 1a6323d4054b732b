# SPDX-License-Identifier: GPL-2.0-or-later
"""Roots on stacks of several disks, made in one run of the lab guest: the layouts that Debian's
cryptroot tests call "md" and "nested", with integrity in every LUKS volume."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import debian, lab, rootfs
from .proc import Failed, run
from .qemu import Drive

MIB = rootfs.MIB
# The UUIDs of the volumes by number, of which the first is every root's; and of the arrays.
UUIDS = (rootfs.LUKS_UUID, *(f"1a7ac700-0000-4000-8000-00000000a00{number}"
                             for number in range(1, 4)))
ARRAYS = {f"md{number}": f"696e7461:63742d72:6169642d:0000000{number}" for number in (1, 2)}
MD_CONF = "".join(f"ARRAY /dev/{name} UUID={uuid}\n" for name, uuid in ARRAYS.items())
# Of the volumes that are not the root's, where a layout has two passphrases.
SECOND = b"second"


@dataclass(frozen=True)
class Layout:
    """`script` has the shell function "volume DEVICE NUMBER NAME PASSPHRASE", which makes a volume
    and opens it, and the root's file system as $ROOT."""
    sizes: tuple[int, ...]              # of the disks, in MiB
    script: str


# LVM on a RAID 1 of two volumes, and a swap on a RAID 0 of two others.
MD = f"""modprobe -a -q raid0 raid1
volume $DISK0 0 {rootfs.NAME} intact
volume $DISK1 1 other intact
volume $DISK2 2 swap0 {SECOND.decode()}
volume $DISK3 3 swap1 {SECOND.decode()}
array md1 --level=0 /dev/mapper/swap0 /dev/mapper/swap1
mkswap /dev/md1 >/dev/null
array md2 --level=1 --assume-clean --bitmap=internal /dev/mapper/{rootfs.NAME} /dev/mapper/other
lvm pvcreate -q -ff -y /dev/md2
lvm vgcreate -q system /dev/md2
lvm lvcreate -q -y -Zn -L 8M -n swap system
lvm lvcreate -q -y -Zn -l 100%FREE -n root system
lvm vgmknodes
mkswap /dev/system/swap >/dev/null
dd if=$ROOT of=/dev/system/root bs=1M conv=notrunc 2>/dev/null
sync
lvm vgchange -q -an system
mdadm --stop /dev/md1 /dev/md2
for name in {rootfs.NAME} other swap0 swap1; do cryptsetup close $name; done
"""

# A btrfs on two volumes, of which one is on a RAID 1 of a disk and a volume on LVM on two disks.
NESTED = f"""modprobe -a -q raid1 btrfs
lvm pvcreate -q -ff -y $DISK0 $DISK1
lvm vgcreate -q outer $DISK0 $DISK1
lvm lvcreate -q -y -Zn -l 100%FREE -n crypt outer
lvm vgmknodes
volume /dev/outer/crypt 1 inner {SECOND.decode()}
array md1 --level=1 --assume-clean --bitmap=internal /dev/mapper/inner $DISK2
volume /dev/md1 2 other intact
volume $DISK3 0 {rootfs.NAME} intact
mkfs.btrfs -q -f -M -m single -d single -L {rootfs.FS_LABEL} /dev/mapper/{rootfs.NAME} \\
	/dev/mapper/other
mkdir -p /mnt/from /mnt/to
mount -o ro $ROOT /mnt/from
mount -o device=/dev/mapper/other /dev/mapper/{rootfs.NAME} /mnt/to
btrfs -q subvolume create /mnt/to/@
btrfs -q subvolume create /mnt/to/@usr
cp -a /mnt/from/. /mnt/to/@/
mkdir -p /mnt/to/@/usr
echo '/dev/mapper/{rootfs.NAME} /usr btrfs subvol=@usr,ro 0 0' >/mnt/to/@/etc/fstab
umount /mnt/from /mnt/to
cryptsetup close {rootfs.NAME}
cryptsetup close other
mdadm --stop /dev/md1
cryptsetup close inner
lvm vgchange -q -an outer
"""

LAYOUTS = {"md": Layout((112, 112, 32, 32), MD), "nested": Layout((64, 112, 144, 112), NESTED)}


def script(layout: str, options: str) -> str:
    """`options`: for luksFormat of every volume."""
    uuids = " ".join(UUIDS)
    arrays = "\n".join(f"\t{name}) uuid={uuid} ;;" for name, uuid in ARRAYS.items())
    return f"""set -e
export MDADM_NO_UDEV=1
volume() {{
	printf %s "$4" >/tmp/key
	uuid=$(echo {uuids} | cut -d' ' -f$(($2 + 1)))
	cryptsetup luksFormat --batch-mode --uuid $uuid {options} --integrity-no-wipe \\
		--key-file /tmp/key "$1"
	cryptsetup open --integrity-no-journal --key-file /tmp/key "$1" "$3"
	# To the end: dd stops there with "no space left", which is the aim.
	dd if=/dev/zero of="/dev/mapper/$3" bs=1M conv=notrunc 2>/dev/null || :
}}
array() {{
	case $1 in
{arrays}
	esac
	name=$1
	shift
	yes | mdadm --create /dev/$name --quiet --run --metadata=1.2 --uuid=$uuid \\
		--raid-devices=2 "$@"
}}
ROOT=$DISK{len(LAYOUTS[layout].sizes)}
{LAYOUTS[layout].script}sync
"""


def mdadm() -> Path:
    """The program, which the lab guest has not."""
    found = debian.tree("stack").find("/usr/sbin/mdadm")
    if not found:
        raise Failed("the tree with RAID has no mdadm")
    return found


def maker(layout: str, commands: str) -> Callable[[Path], None]:
    """Makes the folder with disk0, disk1 and so on."""
    def make(path: Path) -> None:
        path.mkdir()
        drives = []
        for number, size in enumerate(LAYOUTS[layout].sizes):
            with (path / f"disk{number}").open("wb") as raw:
                raw.truncate(size * MIB)
            drives.append(Drive(path / f"disk{number}", keep=True))
        result = lab.lab(lab.Job(commands, add={"usr/sbin/mdadm": mdadm()}, timeout=900,
                                 drives=[*drives, Drive(rootfs.image("tiny"))]))
        if result.exit:
            raise lab.Unexpected(
                f"the layout {layout} was not made: exit {result.exit}\n{result.output}")
        for drive in drives:
            run(["fallocate", "-d", drive.file])
    return make
