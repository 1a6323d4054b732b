# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of doc/guide-convert.md on loop devices in the lab guest, as they are written;
direct.py explains the rows."""

import re
from pathlib import Path

from lib import debs, guide

from .direct import Direct
from .formats import DISK, FAST

# What the guest calls otherwise or has not; the key derivation is not what these rows are about.
# cryptsetup prompts first, and then throws away what was typed until it switches the echo off: an
# answer that comes at once may be lost. So it gets its line from a pipe.
BEFORE = f"""set -e
mkdir -p /lab/tools
for name in pvcreate pvmove pvremove vgextend vgreduce; do
	ln -sf /usr/sbin/lvm /lab/tools/$name
done
ln -sf /usr/sbin/mke2fs /lab/tools/mkfs.ext4
export PATH=/lab/tools:$PATH LVM_SYSTEM_DIR=/tmp/lvm
modprobe -a -q ext4 btrfs dm-mirror
cryptsetup() {{
	echo intact | command cryptsetup "$@"
}}
tar() {{
	/lab/tar/tar "$@"
}}
trap 'umount /old 2>/dev/null || :' EXIT
intact() {{
	[ "$1" = format ] || {{ command intact "$@"; return; }}
	shift
	command intact format {FAST} "$@"
}}
"""
# The lab's udev is not started, and no daemon of LVM's.
LVM = "mkdir -p /tmp/lvm; echo 'global { use_lvmpolld = 0 }' >/tmp/lvm/lvm.conf; "
OTHER = "; truncate -s {}M /tmp/other; losetup /dev/loop1 /tmp/other; "
# 6 MB, of which every block differs, and what the copy must keep.
FILES = ("awk 'BEGIN { for (i = 0; i < 1500; i++) printf \"block %-4089d\\n\", i }' >/mnt/file; "
         "mkdir /mnt/folder; chmod 1731 /mnt/folder; chown 12:34 /mnt/folder; "
         "ln -s nowhere /mnt/folder/link; umount /mnt; ")
SAME = ("awk 'BEGIN { for (i = 0; i < 1500; i++) printf \"block %-4089d\\n\", i }' | "
        "cmp - /mnt/file && [ \"$(stat -c %a:%u:%g /mnt/folder)\" = 1731:12:34 ] && "
        "[ \"$(readlink /mnt/folder/link)\" = nowhere ] && "
        "dmsetup table root | grep integrity:32:aead")
FORMATTED = (("Type YES in capitals: ", b"YES\n"), ("New passphrase for /dev/loop0: ", b"intact\n"),
             ("Again: ", b"intact\n"))
OPEN = "printf intact | cryptsetup open --key-file - /dev/loop0"
HERE = {"NEW": "/dev/loop0", "OLD": "/dev/loop1", "GROUP": "system", "AT": "/mnt", "BACKUP": "/tmp"}


def _blocks(*choices: str) -> str:
    """The page's blocks for these words, in the page's order, with the devices of the guest."""
    known = {name: value for name, value in HERE.items()
             if name in ("NEW", "OLD") or (name, choices[-1]) in (
                 ("GROUP", "lvm"), ("AT", "btrfs"), ("BACKUP", "restore"))}
    return "".join(guide.shell("convert", choices, known))


def _refused(word: str, check: str) -> Direct:
    """What the page shows with that word: a command, and what it answers."""
    block = next(block for block in guide.blocks("convert") if block.word == word)
    command, answer = block.text.strip().splitlines()
    command = command.removeprefix("# ").replace("/dev/sdY2", "/dev/loop0")
    return Direct(crypttab="", dialogue=(), exit=1, run=command,
                  shows=(f"^{re.escape(answer)}$",), check=check)


def _row(run: str, setup: str, check: str, **more) -> Direct:
    return Direct(**{"disk": "", "crypttab": "", "dialogue": FORMATTED, "seconds": 200,
                     "run": BEFORE + run, "setup": setup, "check": check, **more})


# The backup comes before the volume, which the page describes first, since it is made in each case.
_BACKUP = guide.shell("convert", ("volume", "backup", "restore"),
                      {name: HERE[name] for name in ("NEW", "OLD", "BACKUP")})

DIRECT: dict[str, Direct] = {
    "convert/not-in-place": _refused("reencrypt", check=f"{OPEN} --test-passphrase"),
    "convert/lvm": _row(
        _blocks("lvm"),
        f"{LVM}{DISK}{OTHER.format(40)}"
        "{ lvm pvcreate -ff -y /dev/loop1 && lvm vgcreate system /dev/loop1 && "
        "lvm lvcreate -y -Zn -L 24M -n files system && lvm vgmknodes; } >/dev/null; "
        f"mke2fs -q /dev/system/files && mount -t ext2 /dev/system/files /mnt && {FILES}",
        "mount -t ext2 /dev/system/files /mnt && "
        f"{SAME} && [ \"$(lvm pvs --noheadings -o pv_name | tr -d ' ')\" = /dev/mapper/root ]"),
    "convert/btrfs": _row(
        _blocks("volume", "btrfs"),
        f"{DISK.replace('90M', '200M')}{OTHER.format(150)}"
        f"mkfs.btrfs -q -f -M /dev/loop1 && mount -t btrfs /dev/loop1 /mnt && "
        f"{FILES.replace('umount /mnt; ', 'sync; ')}",
        f"{SAME} && losetup -d /dev/loop1 && umount /mnt && "
        f"mount -t btrfs /dev/mapper/root /mnt && {SAME}"),
    "convert/copy": _row(
        _blocks("volume", "copy"),
        f"{DISK}{OTHER.format(40)}mke2fs -q /dev/loop1 && mount -t ext2 /dev/loop1 /mnt && {FILES}",
        f"{SAME} && umount /mnt && e2fsck -fn /dev/mapper/root"),
    "convert/backup": _row(
        "".join([_BACKUP[0], *_BACKUP[2:4], _BACKUP[1], *_BACKUP[4:]]),
        f"{DISK}; mke2fs -q /dev/loop0 && mount -t ext2 /dev/loop0 /mnt && {FILES}",
        f"{SAME} && rm /tmp/root.tar && umount /mnt && e2fsck -fn /dev/mapper/root"),
}


def files() -> dict[str, Path | bytes]:
    """What a guest for these rows needs."""
    return debs.tar()
