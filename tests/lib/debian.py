# SPDX-License-Identifier: GPL-2.0-or-later
"""Root trees: a debootstrap base and layers of packages on it.

A layer is stored as the upper folder of an overlay mount, or, where the cache lies on a file system
that overlayfs refuses, as a full copy. Either way a Tree is a list of folders, topmost first, and
`mounted()` gives one folder with everything in it to look at, to chroot into and to write to.

A tree is of the suite that is tested on, or of the one behind an @ in its name: "dracut@trixie".
"""

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .paths import CACHE
from .proc import Failed, Missing, run

# The base: what a small Debian has that boots with its own kernel; no cryptsetup-initramfs.
BASE = ("linux-image-amd64", "initramfs-tools", "busybox", "zstd", "cryptsetup-bin", "dmsetup",
        "udev", "e2fsprogs", "kmod", "systemd-sysv", "login", "util-linux")
LAYERS = {
    "debian": BASE,
    "peer": ("cryptsetup-initramfs",),   # the peer we measure against, and that we must live beside
    # Unlocking from elsewhere.
    "remote": ("dropbear-initramfs", "clevis-initramfs"),
    "tang": ("tang-common",),            # the server that clevis asks, and clevis
    "splash": ("plymouth", "plymouth-themes"),      # with initramfs-tools
    "splash-keyboard": ("console-setup",),
    "lab": ("lvm2", "btrfs-progs"),      # what disks are made with
    # A live system, from which a guide of doc/ installs another one.
    "live": ("cryptsetup-bin", "debootstrap", "dmsetup", "dosfstools", "e2fsprogs", "fdisk", "kmod",
             "initramfs-tools"),
    # … and those with Arch's and Fedora's programs.
    "live-arch": ("arch-install-scripts", "gnupg", "pacman-package-manager"),
    "live-fedora": ("dnf5",),
    "stack": ("mdadm", "lvm2", "btrfs-progs"),
    "multipath": ("multipath-tools-boot",),
    # Takes initramfs-tools away. Newer suites keep switch_root, without which no plain image works,
    # in the second.
    "dracut": ("dracut", "util-linux-extra"),
    # … and the other generators with RAID.
    "dracut-stack": ("mdadm",),
    "mkinitcpio-stack": ("mdadm",),
    # What its images open volumes with, where that is no part of systemd's package.
    "dracut-peer": ("systemd-cryptsetup",),
    "dracut-multipath": ("multipath-tools",),
    "dracut-clevis": ("clevis-dracut",),
    "dracut-keyboard": ("console-setup",),
    "plymouth": ("plymouth", "plymouth-themes"),
    "plymouth-keyboard": ("console-setup",),
    # What mkinitcpio calls: it is no package of Debian.
    "mkinitcpio": ("libarchive-tools", "kbd", "binutils", "gawk", "thin-provisioning-tools",
                   "systemd-cryptsetup", "systemd-ukify", "systemd-boot-efi", "xz-utils"),
    # What else stands in for Arch or Fedora when a test installs it as its guide says.
    "arch": ("grub2-common", "grub-efi-amd64-bin", "makepkg", "pacman-package-manager", "passwd"),
    "fedora": ("createrepo-c", "grub2-common", "grub-efi-amd64-bin", "passwd", "rpm"),
}
PARENT = {"peer": "debian", "remote": "peer", "tang": "remote", "splash": "debian", "lab": "debian",
          "splash-keyboard": "splash",
          "stack": "debian", "multipath": "debian",
          "dracut": "lab", "plymouth": "dracut", "mkinitcpio": "lab",
          "dracut-stack": "dracut", "dracut-peer": "dracut", "mkinitcpio-stack": "mkinitcpio",
          "dracut-multipath": "dracut", "dracut-clevis": "dracut",
          "dracut-keyboard": "dracut", "plymouth-keyboard": "plymouth",
          "arch": "mkinitcpio", "live-arch": "live", "fedora": "dracut", "live-fedora": "live"}


@dataclass(frozen=True)
class Tree:
    """Folders that make up one root file system, topmost first."""
    name: str
    folders: tuple[Path, ...]

    @property
    def id(self) -> str:
        """What cache entries made from this tree are keyed by."""
        return self.folders[0].name

    def find(self, path: str) -> Path | None:
        """A file of the tree, without mounting it."""
        for folder in self.folders:
            candidate = folder / path.lstrip("/")
            if candidate.is_char_device():      # an overlay's mark for "removed here"
                return None
            if candidate.exists() or candidate.is_symlink():
                return candidate
        return None

    def kernels(self) -> list[str]:
        """Kernel versions installed in it, newest last."""
        names = {p.name for folder in self.folders for p in folder.glob("usr/lib/modules/*")
                 if (p / "modules.dep").exists()}
        if not names:
            names = {p.name for folder in self.folders for p in folder.glob("lib/modules/*")
                     if (p / "modules.dep").exists()}
        return sorted(names)

    def kernel(self) -> tuple[str, Path]:
        """Version and image of the newest kernel."""
        version = self.kernels()[-1]
        image = self.find(f"/boot/vmlinuz-{version}")
        if not image:
            raise Failed(f"{self.name}: no /boot/vmlinuz-{version}")
        return version, image


def suite() -> str:
    """The suite to test on: INTACT_SUITE, else the machine's own."""
    if os.environ.get("INTACT_SUITE"):
        return os.environ["INTACT_SUITE"]
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=")[1].strip('"')
    raise Failed("/etc/os-release names no VERSION_CODENAME: set INTACT_SUITE")


@functools.cache
def mirror(wanted: str) -> tuple[str, list[str]]:
    """Mirror and sources.list lines for a suite, derived from the machine's own apt."""
    rows = [line.split() for line in
            run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                 "Created-By: Packages"]).splitlines()]
    main = [row for row in rows if row[2:] == ["main"]]
    if not main:
        raise Failed("apt knows no package lists (run apt-get update first)")
    own = [row for row in main if row[1] == wanted]
    uri = (own or main)[0][0]
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    options = [f"signed-by={keyring}"] if Path(keyring).exists() else []
    # Updates and security belong to the machine's suite; for another suite the base is enough, also
    # an old one's.
    if not own:
        options.append("check-valid-until=no")
    option = f"[{' '.join(options)}] " if options else ""
    lines = [f"deb {option}{uri} {wanted} main"]
    lines += [f"deb {option}{row[0]} {row[1]} main" for row in main
              if own and row[1].startswith(f"{wanted}-")]
    return uri, lines


@functools.cache
def have_overlay() -> bool:
    """Whether an overlay with its upper folder in the cache can be mounted."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        for name in ("lower", "upper", "work", "all"):
            Path(folder, name).mkdir()
        try:
            run(["unshare", "-m", "mount", "-t", "overlay", "overlay", "-o",
                 f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work",
                 f"{folder}/all"])
        except Failed:
            return False
        return True


class Mount:
    """A tree as one writable folder, in a mount namespace of its own that ends with the last
    command."""

    def __init__(self, tree: Tree, upper: Path, scratch: Path) -> None:
        self.tree, self.upper, self.scratch = tree, upper, scratch
        self.root = scratch / "root"
        self.root.mkdir()

    def run(self, command: str, *, log: Path | None = None, timeout: float = 1800,
            binds: dict[str, Path] | None = None) -> str:
        """Run a shell command in a chroot of the tree (with /proc, /sys, /dev; `binds` are
        read-only)."""
        steps = ["set -e"]
        if self.tree.folders and have_overlay():
            lower = ":".join(str(folder) for folder in self.tree.folders)
            steps.append(f"mount -t overlay overlay -o lowerdir={lower},upperdir={self.upper},"
                         f"workdir={self.scratch}/work {self.root}")
        for kind, where in (("proc", "proc"), ("sysfs", "sys")):
            steps.append(f"mount -t {kind} {kind} {self.root}/{where}")
        # The host's /dev has no control over what a maintainer script may open: give it a small
        # one.
        steps.append(f"mount -t tmpfs dev {self.root}/dev")
        for node in ("null c 1 3", "zero c 1 5", "full c 1 7", "random c 1 8", "urandom c 1 9",
                     "tty c 5 0"):
            name, rest = node.split(" ", 1)
            steps.append(f"mknod -m 666 {self.root}/dev/{name} {rest}")
        steps.append(f"ln -s /proc/self/fd {self.root}/dev/fd")
        steps.append(f"mkdir {self.root}/dev/pts {self.root}/dev/shm")
        steps.append(f"mount -t tmpfs run {self.root}/run")
        for where, source in (binds or {}).items():
            steps.append(f"mkdir -p {self.root}{where} && mount --bind {source} {self.root}{where}")
        steps.append('exec chroot "$1" /bin/sh -c "$2"')
        (self.scratch / "work").mkdir(exist_ok=True)
        return run(["unshare", "-m", "--propagation", "private", "sh", "-c", "\n".join(steps), "sh",
                    self.root, command], log=log, timeout=timeout)


@contextlib.contextmanager
def mounted(tree: Tree, upper: Path | None = None) -> Iterator[Mount]:
    """A writable view of a tree. What is written lands in `upper`, or is thrown away."""
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".chroot-", dir=CACHE))
    try:
        if have_overlay():
            target = upper or scratch / "upper"
            target.mkdir(exist_ok=True)
            yield Mount(tree, target, scratch)
        else:
            mount = Mount(tree, scratch / "root", scratch)
            run(["cp", "-a", "--reflink=auto", f"{tree.folders[0]}/.", mount.root])
            yield mount
            if upper:
                mount.root.rename(upper)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _bootstrap(wanted: str, path: Path) -> None:
    uri, lines = mirror(wanted)
    run(["debootstrap", "--variant=minbase", wanted, path, uri], timeout=1200)
    (path / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
    # What slows dpkg down or only fills the image.
    (path / "etc/dpkg/dpkg.cfg.d/fast").write_text(
        "force-unsafe-io\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/doc/*\n"
        "path-exclude=/usr/share/locale/*\npath-exclude=/usr/share/info/*\n")
    (path / "etc/apt/apt.conf.d/small").write_text(
        'APT::Install-Recommends "false";\nAcquire::Languages "none";\n'
        'APT::Sandbox::User "root";\n')
    proxy = run(["sh", "-c", "apt-config dump | grep -i '^Acquire::https\\?::Proxy' || true"])
    (path / "etc/apt/apt.conf.d/proxy").write_text(proxy)
    (path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (path / "usr/sbin/policy-rc.d").chmod(0o755)
    (path / "etc/hostname").write_text("intact-test\n")


def _install(packages: tuple[str, ...], parent: Tree, path: Path) -> None:
    with mounted(parent, path) as mount:
        resolv = Path("/etc/resolv.conf").read_bytes()
        # INITRD=No: the images are made later, one for every kind, not by the kernel's postinst.
        install = ("export INITRD=No DEBIAN_FRONTEND=noninteractive; apt-get -q update && "
                   f"apt-get -qy install {' '.join(packages)} && apt-get clean && "
                   "rm -rf /var/lib/apt/lists/* && rm -f /boot/initrd.img*")
        where = (mount.upper if have_overlay() else mount.root) / "etc"
        where.mkdir(exist_ok=True)
        (where / "resolv.conf").write_bytes(resolv)
        mount.run(install, timeout=1200)


def tree(name: str) -> Tree:
    """The tree of that name from LAYERS (or "base": plain debootstrap), made when it is not
    cached."""
    layer, _, wanted = name.partition("@")
    wanted = wanted or suite()
    if layer == "base":
        uri, lines = mirror(wanted)
        try:
            folder = cache.entry("tree", f"base-{wanted}",
                                 (uri, lines, cache.recipe(_bootstrap)),
                                 lambda path: _bootstrap(wanted, path), say=print)
        except Failed as error:
            if wanted == suite():
                raise
            # A mirror of the machine's own suite alone will do for most tests.
            raise Missing(
                f"{wanted} cannot be had from {uri}: {str(error).splitlines()[-1]}") from error
        return Tree(name, (folder,))
    parent = tree(f"{PARENT.get(layer, 'base')}@{wanted}")
    folder = cache.entry("tree", f"{layer}-{wanted}",
                         (parent.id, LAYERS[layer], cache.recipe(_install)),
                         lambda path: _install(LAYERS[layer], parent, path), say=print)
    return Tree(name, (folder, *parent.folders) if have_overlay() else (folder,))
