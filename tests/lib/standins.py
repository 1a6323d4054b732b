# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in for a distribution whose mirrors the tests do not reach: a repository with the
names of its packages, for its own package manager, and the files of a Debian tree in them.
"""

import tempfile
from pathlib import Path

from . import cache, debian, gen_mkinitcpio
from .proc import Failed, Missing, run

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


# --- Fedora ---------------------------------------------------------------------------------------

FEDORA = "43"
FEDORA_TREE = "fedora@testing"          # where dnf is the fifth, and GRUB knows blscfg
FEDORA_LIVE = {"etc/yum.repos.d/fedora.repo": f"""[fedora]
name=Fedora
baseurl=file://{WHERE}/$releasever
gpgcheck=0
""",
               # Debian's has a plugin that calls a program which it has not.
               "etc/dnf/libdnf5-plugins/local.conf": "[main]\nname = local\nenabled = no\n"}
# What rpm knows of the live system, which has dracut.
FEDORA_INSTEAD = f"""
ln -sf dnf5 /usr/bin/dnf
rpm -i --justdb --nodeps {WHERE}/live-1-1.x86_64.rpm
"""
# What Fedora's packages do with a kernel. The drivers of the machine that boots are no devices of
# the one that installs. What is compressed costs time twice.
FEDORA_FILES = {
    "dracut/usr/lib/dracut/dracut.conf.d/99-fedora.conf":
        'hostonly="yes"\ninitrdname="initramfs-${kernel}.img"\n'
        'compress="cat"\nadd_drivers+=" virtio_pci virtio_blk "\n',
    "grub2-efi-x64/usr/lib/kernel/install.d/90-grub.install": """#!/bin/sh
[ "$1" = add ] || exit 0
cp "$4" "/boot/vmlinuz-$2"
cp "$KERNEL_INSTALL_STAGING_AREA/initrd" "/boot/initramfs-$2.img"
mkdir -p /boot/loader/entries
cat >"/boot/loader/entries/$(cat /etc/machine-id)-$2.conf" <<END
title Fedora ($2)
version $2
linux /vmlinuz-$2
initrd /initramfs-$2.img
options $(cat /etc/kernel/cmdline) no_timer_check cryptomgr.notests
END
""",
    # The entries are in files of their own, the command line too.
    "grub2-efi-x64/usr/sbin/grub2-mkconfig": """#!/bin/sh
[ "$1" = -o ] || exit 1
cat >"$2" <<END
set default=0
set timeout=1
search --no-floppy --fs-uuid --set=root $(grub-probe --target=fs_uuid /boot)
blscfg
END
""",
}
FEDORA_PACKAGES = {
    "kernel": "grep '^usr/lib/modules/.' /tmp/all",
    "dracut": "of_debian dracut dracut-core dracut-install",
    "cryptsetup": "of_debian cryptsetup-bin",
    "grub2-efi-x64": "of_debian grub-common grub2-common grub-efi-amd64-bin",
    "shim-x64": ":",
}
FEDORA_AFTER = {
    "kernel": "version=$(ls /usr/lib/modules)\n"
              "kernel-install add $version /usr/lib/modules/$version/vmlinuz",
    # What the program of this package, which the firmware starts, reads first.
    "grub2-efi-x64": """mkdir -p /boot/efi/EFI/fedora /boot/grub2
cat >/boot/efi/EFI/fedora/grub.cfg <<END
search --no-floppy --fs-uuid --set=dev $(grub-probe --target=fs_uuid /boot/grub2)
set prefix=(\\$dev)/grub2
export prefix
configfile \\$prefix/grub.cfg
END""",
}
# The program that the firmware starts.
GRUB_MODULES = ("part_gpt fat ext2 search search_fs_uuid search_label configfile normal linux "
                "blsuki test echo all_video gfxterm serial terminal loadenv minicmd sleep true "
                "regexp gzio font gettext")
COMPS = """<?xml version="1.0" encoding="UTF-8"?>
<comps><group><id>core</id><name>Core</name><description/><default>false</default>
<uservisible>false</uservisible><packagelist><packagereq type="mandatory">system</packagereq>
</packagelist></group></comps>
"""
SPEC = r"""spec()
{
	cat <<END
Name: $1
Version: 1
Release: 1
Summary: stands in for $1
License: none
AutoReqProv: no
$2
%global __os_install_post %{nil}
%global debug_package %{nil}
%global _binary_payload w1.zstdio
%description
It stands in for $1.
%install
mkdir -p %{buildroot}
tar -C / --numeric-owner --no-recursion -T /tmp/has-$1 -cf - | tar -C %{buildroot} -xpf -
[ ! -e /out/files/$1 ] || cp -a /out/files/$1/. %{buildroot}
(cd %{buildroot} && find . -mindepth 1 -maxdepth 1 -printf '/%%P\\n') >/tmp/tops-$1
[ -s /tmp/tops-$1 ] || echo '%%dir /usr' >/tmp/tops-$1
mkdir -p %{buildroot}/usr
%files -f /tmp/tops-$1
END
	[ ! -e "/out/after/$1" ] || { echo %posttrans; cat "/out/after/$1"; }
}
build()
{
	spec "$@" >/tmp/$1.spec
	rpmbuild --define '_topdir /tmp/rpm' -bb /tmp/$1.spec >/tmp/log 2>&1 || {
		tail -n 30 /tmp/log
		exit 1
	}
}
"""


def _fedora_script(names: list[str]) -> str:
    """Shell that makes the packages in a tree, and the list of them."""
    if sorted(names) != sorted(["@core", *FEDORA_PACKAGES]):
        raise Failed(f"the stand-in for Fedora has other packages than {' '.join(names)}")
    lines = ["set -e", MTAB, "version=$(ls /usr/lib/modules)",
             "rm -f /etc/crypttab /etc/fstab /etc/hostname",
             "mkdir -p /out/files/shim-x64/boot/efi/EFI/BOOT",
             # Empty, and on no list: ABOVE.
             "mkdir -p /out/files/system && cd /out/files/system && mkdir home mnt run tmp",
             "chmod 1777 tmp && cd /",
             "grub-mkimage -O x86_64-efi -p /EFI/fedora "
             f"-o /out/files/shim-x64/boot/efi/EFI/BOOT/BOOTX64.EFI {GRUB_MODULES}", SPLIT, SPEC]
    for name, files in FEDORA_PACKAGES.items():
        lines.append(f"{files} | comm -12 - /tmp/all | comm -23 - /tmp/folders >/tmp/has-{name}")
    lines += ["sort -u /tmp/has-* | comm -23 /tmp/all - >/tmp/has-system",
              "{ cut -d: -f1 /etc/passwd | sed 's/.*/Provides: user(&)/'",
              "cut -d: -f1 /etc/group | sed 's/.*/Provides: group(&)/'",
              "printf 'Provides: %s\\n' device-mapper /bin/sh /bin/bash; } >/tmp/provides",
              "build system \"$(cat /tmp/provides)\"",
              *(f"build {name} 'Requires: system'" for name in FEDORA_PACKAGES),
              "mkdir -p /out/repository",
              "cd /tmp/rpm/RPMS/x86_64",
              f"mkdir /out/repository/{FEDORA}", f"mv *.rpm /out/repository/{FEDORA}",
              ": >/tmp/has-live",
              "build live \"$(printf 'Provides: %s\\n' dracut device-mapper /bin/sh /bin/bash "
              f"'system-release = {FEDORA}' 'system-release(releasever) = {FEDORA}')\"",
              "mv live-*.rpm /out/repository",
              f"createrepo_c -q -g /out/comps.xml /out/repository/{FEDORA}"]
    return "\n".join(lines)


def _fedora(names: list[str], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        out = Path(scratch)
        for name, text in FEDORA_FILES.items():
            file = out / "files" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        (out / "after").mkdir()
        for name, text in FEDORA_AFTER.items():
            (out / "after" / name).write_text(f"{text}\n")
        (out / "comps.xml").write_text(COMPS)
        with debian.mounted(debian.tree(FEDORA_TREE)) as mount:
            mount.run(_fedora_script(names), binds={"/out": out})
        (out / "repository").rename(path)


def fedora(names: list[str]) -> Path:
    """A folder with a repository of packages of these names."""
    return cache.entry("guide", "fedora",
                       (names, debian.tree(FEDORA_TREE).id, FEDORA_FILES, FEDORA_AFTER, COMPS,
                        _fedora_script(names), cache.recipe(_fedora)),
                       lambda path: _fedora(names, path), say=print)
