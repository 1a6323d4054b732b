# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in for a distribution whose mirrors the tests do not reach: a repository with the
names of its packages, for its own package manager, and the files of a Debian tree in them.
"""

import tempfile
from pathlib import Path

from . import cache, debian, gen_mkinitcpio
from .proc import Missing, run

# Where the live system sees the repository, and the test writes it.
WHERE = "/from"
# What Debian makes when it boots.
MTAB = "ln -sf ../proc/self/mounts /etc/mtab"
# What is not a file of a package.
ABOVE = "proc sys dev run tmp mnt out boot from home"

# All that there is to be packed, and functions that make names of it: out of lines, and of Debian's
# packages.
SPLIT = f"""
skip=
for name in {ABOVE}; do skip="$skip -path /$name -prune -o"; done
list()
{{
	sed 's,^/,,; s,^s\\?bin/,usr/bin/,; s,^usr/sbin/,usr/bin/,; s,^lib/,usr/lib/,' | sort -u
}}
of_debian() {{ dpkg -L "$@" | list; }}
find / $skip -printf '%P\\n' | grep . | sort -u >/tmp/all
find / $skip \\( -type d -o -path /usr/sbin \\) -printf '%P\\n' | grep . | sort -u >/tmp/folders
"""


# --- Arch -----------------------------------------------------------------------------------------

ARCH_TREE = "arch@trixie"               # where systemd is new enough
# As Arch has it. No signature of ours is known to anybody.
PACMAN_CONF = """[options]
HoldPkg = pacman glibc
Architecture = auto
CheckSpace
SigLevel = Required DatabaseOptional
LocalFileSigLevel = Optional
"""
ARCH_CORE = f"""
[core]
SigLevel = Never
Server = file://{WHERE}
"""
ARCH_LIVE = {"etc/pacman.conf": f"{PACMAN_CONF}{ARCH_CORE}", "etc/pacman.d/mirrorlist": ""}
# The drivers of the machine that boots are no devices of the one that installs. What is compressed
# costs time twice.
ARCH_FILES = {
    "etc/pacman.conf": PACMAN_CONF,
    "etc/mkinitcpio.conf.d/test.conf": "MODULES+=(virtio_pci virtio_blk)\nCOMPRESSION=cat\n",
    "etc/default/grub": "GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_DISTRIBUTOR=Arch\n"
                        'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 no_timer_check '
                        'cryptomgr.notests"\nGRUB_CMDLINE_LINUX=""\n',
}
# The live system has no hardware that autodetect would know, and then the hooks take every driver
# that there is. usbhid stays, on which the hook for keyboards insists.
FEW_DRIVERS = """(cd /usr/lib/modules/*/kernel
rm -rf sound
cd drivers
rm -rf ata clk firewire gpu iio input media mfd mmc net nvme nvdimm phy regulator scsi spi \\
	staging usb/[d-z]* usb/atm usb/c[a-n]*
find hid -name 'hid-*' ! -name 'hid-generic*' -delete)
depmod -a $(ls /lib/modules)"""
# The files of the packages that the guide names, beside those of base.
ARCH_PACKAGES = {
    "linux": "grep '^usr/lib/modules/.' /tmp/all",
    "linux-firmware": ":",
    "mkinitcpio": "{ (cd /out/generator && find . -printf '%P\\n'); echo usr/lib/initcpio/busybox; "
                  "echo etc/mkinitcpio.conf.d/test.conf; } | list",
    "cryptsetup": "of_debian cryptsetup-bin systemd-cryptsetup",
    "grub": "{ of_debian grub-common grub2-common grub-efi-amd64-bin; echo etc/default/grub; } | "
            "list",
}


def _arch_script(names: list[str]) -> str:
    """Shell that makes the packages in a tree, and the list of them."""
    unknown = set(names) - {"base", *ARCH_PACKAGES}
    if unknown:
        raise Missing(f"nothing stands in for Arch's package {' '.join(sorted(unknown))}")
    lines = ["set -e", "where=/out", gen_mkinitcpio.STAND_IN, "cp -r /out/files/. /", MTAB,
             FEW_DRIVERS,
             "version=$(ls /usr/lib/modules)",
             "cp /boot/vmlinuz-$version /usr/lib/modules/$version/vmlinuz",
             "echo linux >/usr/lib/modules/$version/pkgbase",
             "rm -rf /etc/mkinitcpio.d/* /var/lib/pacman/* /etc/crypttab /etc/fstab", SPLIT]
    for name, files in ARCH_PACKAGES.items():
        lines.append(f"{files} | comm -12 - /tmp/all | comm -23 - /tmp/folders >/tmp/has-{name}")
    lines.append("""sort -u /tmp/has-* | comm -23 /tmp/all - >/tmp/has-base
mkdir /tmp/info
for name in %s; do
	[ $name = base ] && depend= || depend='depend = base'
	cat >/tmp/info/.PKGINFO <<END
pkgname = $name
pkgbase = $name
pkgver = 1-1
pkgdesc = stands in for $name
builddate = 1
size = 1
arch = any
$depend
END
	tar --zstd --numeric-owner --no-recursion --hard-dereference -C /tmp/info \\
		-cf /out/repository/$name-1-1-any.pkg.tar.zst .PKGINFO -C / -T /tmp/has-$name
done
repo-add -q /out/repository/core.db.tar.gz /out/repository/*.pkg.tar.zst""" % " ".join(names))
    return "\n".join(lines)


def _arch(names: list[str], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        out = Path(scratch)
        run(["cp", "-a", gen_mkinitcpio.source(), out / "generator"])
        for name, text in ARCH_FILES.items():
            (out / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (out / "files" / name).write_text(text)
        (out / "repository").mkdir()
        with debian.mounted(debian.tree(ARCH_TREE)) as mount:
            mount.run(_arch_script(names), binds={"/out": out})
        (out / "repository").rename(path)


def arch(names: list[str]) -> Path:
    """A repository with packages of these names."""
    gen_mkinitcpio.source()     # before anything slow is made in vain
    return cache.entry("guide", "arch",
                       (names, debian.tree(ARCH_TREE).id, gen_mkinitcpio.source(), ARCH_FILES,
                        _arch_script(names), cache.recipe(_arch)),
                       lambda path: _arch(names, path), say=print)
