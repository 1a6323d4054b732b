# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio, and its part of the table of images.

mkinitcpio itself is not here: MKINITCPIO_DIR names a folder that holds it as it is installed
(usr/bin/mkinitcpio, usr/lib/initcpio …: its own build with a DESTDIR, or an unpacked package of
it). A Debian tree stands in for Arch.
"""

import os
from dataclasses import replace
from pathlib import Path

from . import layouts
from .generator import (CRYPTTAB, FRESH_CRYPTTAB, LAYOUTS, LEGS, MD_CONF, PAIR, RESUME_CRYPTTAB,
                        USR_CRYPTTAB, USR_FSTAB, Generator, Image)
from .proc import Missing

TREE = "mkinitcpio@trixie"              # where systemd is new enough

# What Arch has elsewhere, or in another package, than Debian.
STAND_IN = r"""
cp -r "$where/generator/." /
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s /proc/self/fd/0 /dev/stdin
# A link to what console-setup would bring; no keymaps here either.
rm -f /etc/vconsole.conf
echo KEYMAP=@kernel >/etc/vconsole.conf
cp /usr/lib/udev/hwdb.bin /etc/udev/hwdb.bin
# Of a newer systemd; used for file systems that ask for it.
[ -e /usr/lib/systemd/systemd-validatefs ] ||
	ln -s /usr/bin/true /usr/lib/systemd/systemd-validatefs
cp -n /bin/busybox /usr/lib/initcpio/busybox
mv -n /usr/sbin/* /usr/bin/
rm -rf /usr/sbin
ln -s bin /usr/sbin
lib=/usr/lib/$(uname -m)-linux-gnu
cp -L "$lib/libkmod.so.2" "$lib/libgcc_s.so.1" "$lib"/libcryptsetup.so.12 /usr/lib/
cp -rL "$lib/ossl-modules" "$lib/cryptsetup" /usr/lib/
cd /usr/lib/udev/rules.d
cp 55-dm.rules 10-dm.rules
cp 60-persistent-storage-dm.rules 13-dm-disk.rules
cp 56-lvm.rules 11-dm-lvm.rules
cp 69-lvm.rules 69-dm-lvm.rules
cd /
"""

# The two kinds of image, and their hook that opens LUKS volumes.
HOOKS = {"udev": "base udev modconf block keyboard keymap filesystems fsck",
         "systemd": "base systemd modconf block keyboard filesystems fsck"}
CRYPT = {"udev": "encrypt", "systemd": "sd-encrypt"}
RESUME = {"udev": "resume", "systemd": ""}      # systemd's own generator
# What mkinitcpio.conf has by default, but for sd-vconsole, whose program Debian's systemd lacks.
DEFAULT = {
    "udev": "base udev autodetect microcode modconf kms keyboard keymap consolefont block "
            "filesystems fsck",
    "systemd": "base systemd autodetect microcode modconf kms keyboard block filesystems fsck",
}
PROMISED = CRYPTTAB.replace(
    "luks", "luks,x-intact.integrity=hmac(sha256),x-intact.holds=root+usr")
NO_AUTHENC = "find /lib/modules -name 'authenc.ko*' -delete; depmod -a $(ls /lib/modules)"
# As Arch has them. Those that the image may hold will do.
ZSTD = """cd /lib/modules/*/kernel
needed="crypto arch drivers/md drivers/block drivers/virtio fs/ext4 fs/jbd2 lib"
find $needed -name '*.ko.xz' | while read -r file; do
	xz -d "$file"
	# From a file, so that the frame says how long it is: libkmod goes by that.
	zstd -q -1 --rm "${file%.xz}"
done
cd /
depmod -a $(ls /lib/modules)"""
# An image that could not open this root: mkinitcpio must stop, and the old one stay.
STAYS = f"""version=$(ls /lib/modules)
find /lib/modules -name 'authenc.ko*' -exec mv {{}} /tmp \\;
depmod -a "$version"
echo old >/boot/stays
code=0
mkinitcpio -n -k "$version" -g /boot/stays >/tmp/stays.log 2>&1 || code=$?
cat /tmp/stays.log
[ $code != 0 ]
[ "$(cat /boot/stays)" = old ]
grep 'would not boot this system' /tmp/stays.log
mv /tmp/authenc.ko* "/lib/modules/$version/kernel/crypto"
depmod -a "$version"
"""


def _image(hooks: str, more: str = "COMPRESSION=cat", etc: dict[str, str] | None = None,
           **kwargs: object) -> Image:
    # Guests boot the unpacked image: time spent on compressing would be lost.
    return Image("mkinitcpio", TREE,
                 etc={"mkinitcpio.conf": f"MODULES=()\nHOOKS=({hooks})\n{more}\n", **(etc or {})},
                 **kwargs)      # type: ignore[arg-type]


def _with(hooks: str, *more: str) -> str:
    """HOOKS with more of them before filesystems."""
    return hooks.replace("filesystems", " ".join((*more, "filesystems")))


IMAGES: dict[str, Image] = {}
for _kind, _hooks in HOOKS.items():
    IMAGES |= {
        f"mkinitcpio-{_kind}": _image(_hooks),
        # Beside mkinitcpio's own hook, which has an image of its own to compare with.
        f"mkinitcpio-{_kind}-beside": _image(_with(_hooks, CRYPT[_kind])),
        f"mkinitcpio-{_kind}-peer": _image(_with(_hooks, CRYPT[_kind]), ours=False, crypttab=""),
        f"mkinitcpio-{_kind}-none": _image(_hooks, ours=False, crypttab=""),
        f"mkinitcpio-{_kind}-promised": _image(_hooks, crypttab=PROMISED),
        f"mkinitcpio-{_kind}-fresh": _image(_hooks, crypttab=FRESH_CRYPTTAB),
        f"mkinitcpio-{_kind}-no-authenc": _image(_hooks, prepare=NO_AUTHENC),
        f"mkinitcpio-{_kind}-lvm": _image(_with(_hooks, "lvm2")),
        f"mkinitcpio-{_kind}-legs": _image(_hooks, etc=LEGS),
        **{f"mkinitcpio-{_kind}-{what}": replace(
            _image(_with(_hooks, "mdadm_udev", "lvm2"),
                   "COMPRESSION=cat\nMODULES=(btrfs dm-raid raid0 raid1)\n"
                   "BINARIES=(mdadm lvm btrfs)", etc={"mdadm.conf": MD_CONF, **etc}, **tabs),
            tree=f"mkinitcpio-stack@{TREE.partition('@')[2]}")
           for what, tabs, etc in (
               ("stack", {}, {}), ("pair", {"crypttab": PAIR}, {}), ("md-legs", {}, LEGS),
               *((name, tabs, {"mdadm.conf": layouts.MD_CONF})
                 for name, tabs in LAYOUTS.items()))},
        # A swap on a logical volume; /usr on a volume of its own.
        f"mkinitcpio-{_kind}-resume-lvm": _image(_with(_hooks, "lvm2", RESUME[_kind])),
        f"mkinitcpio-{_kind}-resume-promised": _image(_with(_hooks, RESUME[_kind]),
                                                      crypttab=RESUME_CRYPTTAB),
        f"mkinitcpio-{_kind}-usr": _image(f"{_hooks} usr", crypttab=USR_CRYPTTAB, fstab=USR_FSTAB),
        f"mkinitcpio-{_kind}-zstd": _image(_hooks, "COMPRESSION_OPTIONS=(-1)\nCOMPRESSION=zstd",
                                           prepare=ZSTD),
        # Somebody followed a guide before.
        f"mkinitcpio-{_kind}-by-hand": _image(_with(_hooks, CRYPT[_kind]),
                                              "COMPRESSION=cat\nMODULES=(dm-integrity dm-bufio)"),
        # As most people have it: on the running root, the default HOOKS and mkinitcpio's hook; no
        # crypttab.
        f"mkinitcpio-{_kind}-guest": _image(_with(DEFAULT[_kind], CRYPT[_kind]), crypttab="",
                                            guest="uml", prepare=STAYS),
        f"mkinitcpio-{_kind}-scratch": _image(_hooks, guest="scratch"),
    }
# The order of a user's own.
IMAGES["mkinitcpio-udev-resume-first"] = _image(
    _with(HOOKS["udev"], "resume", "intact"), crypttab=RESUME_CRYPTTAB)


def source() -> Path:
    """The folder with mkinitcpio."""
    name = os.environ.get("MKINITCPIO_DIR", "")
    if not name:
        raise Missing("MKINITCPIO_DIR does not say where an installed mkinitcpio is")
    if not Path(name, "usr/lib/initcpio/functions").exists() or not Path(
            name, "usr/bin/mkinitcpio").exists():
        raise Missing(f"no usr/bin/mkinitcpio and usr/lib/initcpio in MKINITCPIO_DIR={name}")
    return Path(name)


def _make(spec: Image, version: str, where: str) -> str:
    words = " ".join(f"'{word}'" for word in spec.options)
    return (f"mkinitcpio -n -k {version} -g /tmp/initrd {words} >{where}/build.log 2>&1 || "
            f"{{ grep -v 'missing firmware' {where}/build.log; exit 1; }}\n"
            f"cp /tmp/initrd {where}/initrd\n"
            "umount /sys/devices/platform 2>/dev/null || :\n")


# What autodetect finds in user-mode Linux, whose own devices no driver of another kernel is for.
HARDWARE = r"""mkdir /tmp/hardware
printf 'DRIVER=virtio_pci\nDRIVER=virtio_blk\n' >/tmp/hardware/uevent
mount --bind /tmp/hardware /sys/devices/platform
"""

GENERATOR = Generator(lambda _: {}, _make, "lsinitramfs -l /out/initrd",
                      # Without systemd its own shell; with it, systemd's question before that or
                      # its refusal.
                      r"^\[rootfs [^]]*\][#$] |^Press Enter for (?:system )?maintenance|^Cannot "
                      r"open access to console",
                      HARDWARE, source, STAND_IN)
