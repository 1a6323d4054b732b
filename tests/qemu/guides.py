# SPDX-License-Identifier: GPL-2.0-or-later
"""The guides of doc/, run as they are written: in a live system, with an empty disk; then that disk
is started by UEFI and its own boot loader, up to the login prompt and the last commands of the
page.

The live system is a Debian in user-mode Linux, without a network. debootstrap, which would download
the new system, therefore unpacks there what debootstrap has made on the host before, called with
the very same words. pacstrap, pacman and dnf find a folder in the place of a mirror:
lib/standins.py.
"""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from host import packages
from lib import (cache, debian, disks, efi, guide, images, lab, ours, questions, rootfs, standins,
                 vmlinux)
from lib.console import Unexpected
from lib.proc import Failed, run
from lib.qemu import Drive, Machine, Qemu, accelerator
from lib.suite import Need, Test

from .boot import SHELL

MIB = 1 << 20
HOST_NAME = "protected"
PASSWORD = "four other words"
PROMPT = r"Please unlock disk root:(?: |(?=\[ ))"
# What the pages have at the least for the partitions before the root's, and room for that.
BEFORE, ROOT = 1600, 1400
# ALSO_INSTEAD has something else for them: `cryptsetup open` and `close`.
IN_EACH = {"cryptsetup": 2, "reboot": 1}
UNPACK = "tar -C /mnt --numeric-owner --xattrs --xattrs-include='*' -xpf /from/system.tar"
# What is compressed costs time twice, an emulated processor is slow, and the disk is a file.
SETTINGS = {
    "etc/dpkg/dpkg.cfg.d/test": "force-unsafe-io\n",
    "etc/initramfs-tools/conf.d/test": images.QUICK,
    # dracut looks at the machine on which it runs, but another one will boot.
    "etc/dracut.conf.d/test.conf": 'compress="cat"\nadd_drivers+=" virtio_pci virtio_blk "\n',
    "etc/default/grub.d/test.cfg":
        'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX no_timer_check cryptomgr.notests"\n',
}
# Without a network, apt takes what it has: that a proxy refuses it is a failure that may pass.
NO_NETWORK = "".join(f'Acquire::{kind}::Proxy "http://127.0.0.1:9";\n'
                     for kind in ("http", "https"))


@dataclass(frozen=True)
class Guide:
    """A page, and what this machine is to it."""
    page: str
    choices: tuple[str, ...]
    loads: str                          # the command that would download the system
    made: Callable[["Guide", list[str]], Path]      # the folder with what it unpacks
    packages: dict[str, str]            # the setting that names a package → its kind and pattern
    instead: str                        # shell: functions for commands that need a network
    root: int                           # the number of the root's partition
    # The commands for which the test has something else, and how often the page has them.
    replaced: dict[str, int]
    # Another page, whose block of this word comes in the place of the one that loads the system.
    variant: tuple[str, str] | None = None
    room: int = ROOT                    # MiB for the root
    live: str = "live"                  # the tree of the live system
    # Other settings of the page.
    settings: dict[str, str] = field(default_factory=dict)


# --- the systems that are unpacked ----------------------------------------------------------------

def _debootstrap(path: Path, words: list[str], more: list[str]) -> None:
    """What debootstrap makes, as an archive, with what the test adds, and with the packages that
    the page downloads after it."""
    path.mkdir()
    root = path / "root"
    run(["debootstrap", *(str(root) if word == "/mnt" else word for word in words)], timeout=1800)
    run(["chroot", root, "sh", "-c", "apt-get clean"])
    if more:
        run(["chroot", root, "apt-get", "install", "-y", "--download-only", *more], timeout=1800)
    else:
        run(["chroot", root, "sh", "-c", images.FEW_DRIVERS])
    for name, text in SETTINGS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    run(["tar", "-C", root, "--numeric-owner", "--xattrs", "-cf", path / "system.tar", "."])
    shutil.rmtree(root)


def _debian(this: Guide, parts: list[str]) -> Path:
    words = guide.words(parts, this.loads)[0]
    # Those with a slash are files of the live system.
    more = [word for words in guide.words(parts, "chroot /mnt apt-get install -y")
            for word in words if "/" not in word]
    return cache.entry("guide", "debian",
                       (words, more, SETTINGS, images.FEW_DRIVERS, cache.recipe(_debootstrap)),
                       lambda path: _debootstrap(path, words, more), say=print)


def _arch(this: Guide, parts: list[str]) -> Path:
    words = guide.words(parts, this.loads)[0]
    return standins.arch([word for word in words if word[0] not in "-/"])


def _fedora(this: Guide, parts: list[str]) -> Path:
    return standins.fedora(guide.words(parts, this.loads)[0])


DEBIAN = Guide("debian", ("serial",), "debootstrap", _debian, {"PACKAGE": "deb intact_*.deb"},
               f"""
debootstrap() {{
	printf '%s\\n' "$@" | cmp - /share/words
	{UNPACK}
}}
""", 3, {"debootstrap": 1, **IN_EACH})
# pacstrap and pacman are the real ones.
ARCH = Guide("arch", ("serial",), "pacstrap", _arch, {"PACKAGE": "arch intact-*.pkg.tar.zst"}, "",
             3, IN_EACH, room=ROOT + 400, live="live-arch")
# dnf is the real one.
FEDORA = Guide("fedora", ("serial",), "dnf --installroot=/mnt --use-host-config "
               "--releasever=\"$RELEASE\" -y install", _fedora,
               {"PACKAGES": "rpm intact-[0-9]*.x86_64.rpm intact-dracut-*.rpm"},
               standins.FEDORA_INSTEAD, 3, IN_EACH, room=ROOT + 400, live="live-fedora@testing",
               settings={"RELEASE": standins.FEDORA})
ROWS: dict[str, Guide] = {
    "slow/guide/debian": DEBIAN,
    # The kernel brings all its drivers.
    "slow/guide/dracut": replace(DEBIAN, variant=("dracut", "new"), room=ROOT + 400),
    "slow/guide/arch": ARCH,
    "slow/guide/fedora": FEDORA,
}


# --- the first half: in the live system -----------------------------------------------------------

# What a live system has beside its packages.
LIVE_FILES = {"live": {"etc/apt/apt.conf.d/zz-test": NO_NETWORK}, "live-arch": standins.ARCH_LIVE,
              FEDORA.live: standins.FEDORA_LIVE}


def _live(tree: str, path: Path) -> None:
    with debian.mounted(debian.tree(tree)) as mount, tempfile.TemporaryDirectory(
            dir=path.parent) as out:
        for name, text in LIVE_FILES[tree].items():
            (Path(out) / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(out) / "files" / name).write_text(text)
        mount.run(f"""set -e
cp -r /out/files/. /
{standins.MTAB}
mkdir -p /from /share /tmp/whole
mount --bind / /tmp/whole
size=$(du -smx /tmp/whole | cut -f1)
{' '.join(rootfs.MKE2FS)} -d /tmp/whole /out/image $((size * 115 / 100 + 200))M
""", binds={"/out": Path(out)})
        (Path(out) / "image").rename(path)


def live(tree: str) -> Path:
    """A live system, as a file system."""
    return cache.entry("guide", tree, (debian.tree(tree).id, LIVE_FILES[tree], rootfs.MKE2FS,
                                       cache.recipe(_live)),
                       lambda path: _live(tree, path), say=print)


def _files(this: Guide) -> dict[str, list[Path]]:
    """The packages of ours that the page names, by the name of the setting."""
    found: dict[str, list[Path]] = {}
    for setting, what in this.packages.items():
        kind, *patterns = what.split()
        packages.packages(kind)
        for pattern in patterns:
            files = sorted(packages.OUT.glob(pattern))
            if len(files) != 1:
                raise Failed(f"{len(files)} packages are called {pattern}")
            found.setdefault(setting, []).extend(files)
    return found


def _parts(this: Guide, files: dict[str, list[Path]]) -> list[str]:
    partitions = {"DISK": "/dev/loop0", "EFI": "/dev/loop0p1",
                  "ROOT": f"/dev/loop0p{this.root}",
                  # Of several packages a page names the folder.
                  **{setting: f"/share/{found[0].name}" if len(found) == 1 else "/share"
                     for setting, found in files.items()}, **this.settings}
    if this.root == 3:
        partitions["BOOT"] = "/dev/loop0p2"
    if this.page == "debian":
        partitions |= {"SUITE": debian.suite(), "MIRROR": debian.mirror(debian.suite())[0]}
    parts = guide.shell(this.page, this.choices, partitions)
    if this.variant:
        page, word = this.variant
        parts = guide.replaced(parts, this.loads, guide.shell(page, (word,), {}))
    functions = re.findall(r"(?m)^(\w+)\(\) {", f"{this.instead}\n{ALSO_INSTEAD}")
    if sorted(functions) != sorted(this.replaced):
        raise Failed(f"{this.page}: {functions} are replaced, and {[*this.replaced]} are counted")
    guide.counted(this.page, parts, this.replaced)
    return parts


# The questions of `intact format` and of passwd, in the order of the page.
ANSWERS = [("Type YES in capitals: ", b"YES\n"), ("New passphrase for .*: ", b"intact\n"),
           ("Again: ", b"intact\n"),
           ("New password: ", PASSWORD.encode() + b"\n"),
           ("Retype new password: ", PASSWORD.encode() + b"\n")]
TABS = "INTACT-GUIDE-TABS"
# cryptsetup prompts first, and then throws away what was typed until it switches the echo off: an
# answer that comes at once may be lost. So it gets its line from a pipe. The guest that starts the
# new system is another one.
ALSO_INSTEAD = """
cryptsetup() { echo intact | command cryptsetup "$@"; }
reboot() { :; }
"""


def _job(this: Guide, system: Path, share: Path, disk: Path) -> lab.Job:
    cheap = " ".join(disks.CHEAP)
    return lab.Job(f"""mkdir /live
ifconfig lo 127.0.0.1 up
modprobe loop
mount -t ext4 $DISK1 /live
for name in dev dev/pts proc sys share lib/modules; do
	mkdir -p /live/$name
	mount --bind /$name /live/$name
done
mount -t tmpfs run /live/run
# As udev would.
ln -s /proc/self/fd /dev/fd
for name in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/${{name%:*}} /dev/${{name#*:}}; done
mount -t hostfs -o {system} none /live/from
chroot /live losetup -P /dev/loop0 $DISK0
chroot /live /bin/sh /share/script
code=$?
# The guest that boots has an emulated processor, for which this one's key derivation is far too
# long.
[ $code != 0 ] || cryptsetup luksConvertKey -q {cheap} --key-file /lab/passphrase \\
	/dev/loop0p{this.root} || code=1
chroot /live losetup -d /dev/loop0
umount /live/from
sync
exit $code
""", add={"lab/passphrase": disks.PASSPHRASE},
                   drives=[Drive(disk, keep=True), Drive(live(this.live))], share=share,
                   answers=ANSWERS, timeout=2400, memory=1536)


def _printed(output: str) -> None:
    """The lines that `intact format` has printed are those that the page writes."""
    shown, _, tabs = output.partition(f"\n{TABS}\n")
    for tab in ("crypttab", "fstab"):
        line = next((line.split(None, 1)[1] for line in shown.splitlines()
                     if line.startswith(f"/etc/{tab} ")), "")
        if not line or line not in tabs.splitlines():
            raise Failed(f"intact format prints {line!r} for {tab}, which the page does not write")


def _install(this: Guide, parts: list[str], files: list[Path], system: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        share = Path(scratch)
        for file in files:
            shutil.copy(file, share)
        (share / "words").write_text(
            "".join(f"{word}\n" for word in guide.words(parts, this.loads)[0]))
        (share / "script").write_text(guide.script(
            guide.halves(parts)[0], f"{this.instead}\n{ALSO_INSTEAD}",
            f"echo {TABS}; cat /mnt/etc/crypttab /mnt/etc/fstab"))
        disk = share / "disk"
        with disk.open("wb") as file:
            file.truncate((BEFORE + this.room) * MIB)
        result = lab.lab(_job(this, system, share, disk), "uml")
        if result.exit:
            tail = "\n".join(result.output.splitlines()[-60:])
            page = this.variant[0] if this.variant else this.page
            raise Failed(f"the guide {page} failed: exit {result.exit}\n{tail}")
        _printed(result.output)
        run(["fallocate", "-d", disk])
        disk.rename(path)


def installed(name: str) -> Path:
    """The disk on which a system was installed as the page says."""
    this = ROWS[name]
    files = _files(this)
    parts = _parts(this, files)
    every = sum(files.values(), [])
    system = this.made(this, parts)
    called = f"disk-{name.rpartition('/')[2]}"
    found = cache.entry(
        "guide", called,
        (parts, this.instead, ALSO_INSTEAD, this.root, system.name, live(this.live).name,
         lab.image().name, ANSWERS, BEFORE, this.room, *every,
         *map(cache.recipe, (_job, _install, guide.script))),
        lambda path: _install(this, parts, every, system, path), say=print)
    # It is large, and of use only with these packages.
    for old in found.parent.glob(f"{called}-{'[0-9a-f]' * 16}"):
        if old != found:
            cache.remove(old)
    return found


# --- the second half: the new system --------------------------------------------------------------

def _type(guest: Qemu, line: str, want: str = "") -> None:
    """A command, at the prompt of the shell; it must succeed."""
    console = guest.console
    begin = console.mark
    console.send(f"{line}; echo guide-''$?\n")
    found = console.expect(r"^guide-(\d+)$", 120)
    text = console.text[begin:found.start()]
    if found.group(1) != "0":
        raise Failed(f"`{line}` in the new system: exit {found.group(1)}\n{text}")
    if want not in text:
        raise Failed(f"`{line}` in the new system does not say {want!r}\n{text}")


def _boot(name: str, folder: Path) -> None:
    this = ROWS[name]
    disk = installed(name)
    # The other pages send their reader to this one for that.
    after = guide.halves(_parts(this, _files(this)))[1] or [guide.blocks("debian")[-1].text]
    machine = Machine(None, None, drives=[Drive(disk)])
    efi.firmware(machine, folder / "variables")
    how = accelerator(vmlinux.fast(debian.tree("debian").kernel()[1]))
    bad = rf"{SHELL}|Kernel panic|^grub(?: rescue)?>|UEFI Interactive Shell"
    with Qemu(machine, folder, how) as guest:
        console = guest.console
        console.question(PROMPT, 300, bad)
        console.send(disks.PASSPHRASE + b"\n")
        console.expect(f"^{HOST_NAME} login: ", 300, bad)
        console.send("root\n")
        console.expect("Password: ", 60)
        console.send(f"{PASSWORD}\n")
        console.expect(rf"root@{HOST_NAME}:.*# ", 60)
        _type(guest, "dmsetup table root", "integrity:32:aead")
        for line in "".join(after).splitlines():
            _type(guest, line)
        if questions.count(console.text, PROMPT) != 1:
            raise Unexpected("the passphrase was asked for more than once")


def tests() -> list[Test]:
    needs = (Need("tree lab", lambda: debian.tree("lab"), 0), Need("lab image", lab.image, 1))
    return [Test(f"qemu/{name}", lambda report, logs, name=name: _boot(name, logs),
                 needs=(*needs,
                        Need(f"tree {this.live}", lambda this=this: debian.tree(this.live), 0),
                        Need(f"{this.live} system", lambda this=this: live(this.live), 1),
                        Need(f"disk of {name}", lambda name=name: installed(name), 2))
                 if ours.UNLOCK.exists() else ()) for name, this in ROWS.items()]
