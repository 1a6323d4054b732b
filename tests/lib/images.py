# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of initramfs images: a name → how the real generator is asked for it.

Most are made on the host in a chroot of the tree (native speed, no disk to look at: as when a
system is being installed). Those marked `guest` are made in a guest that runs from an integrity
root, where the generator and `intact needs` see the running stack.
"""

import tempfile
from pathlib import Path

from . import (cache, debian, disks, gen_dracut, gen_mkinitcpio, initrd, lab, layouts, luks2, ours,
               remote, rootfs, tamper, vmlinux, whole)
from .generator import (CRYPTTAB, DRAWN, FRENCH, FRESH_CRYPTTAB, HEADER, LAYOUTS, LEGS, MD_CONF,
                        MULTIPATH, NAME, PAIR, RESUME_CRYPTTAB, SAVE_KEYMAP, USR_CRYPTTAB,
                        USR_FSTAB, WEAK, Generator, Image)
from .proc import Failed, Missing, run
from .qemu import Drive, Machine, Qemu

# What a person must add by hand for the peer (as the guides say, plus what MODULES=dep leaves out).
PEER_CRYPTTAB = f"{NAME} UUID={disks.ROOT_UUID} none luks,initramfs\n"
PEER_MODULES = "dm_bufio\ndm_integrity\n"
PEER_MODULES_DEP = PEER_MODULES + (
    "authenc\nhmac\nsha256_generic\nsha256_ssse3\nxts\naesni_intel\naes_generic\n"
    "dm_crypt\nvirtio_pci\nvirtio_blk\next4\n")

PEER_ETC = {"initramfs-tools/modules": PEER_MODULES}
PEER_ETC_DEP = {"initramfs-tools/modules": PEER_MODULES_DEP}
# klibc's tools instead of busybox: initramfs-tools' own way to ask for that.
NO_BUSYBOX = "sed -i 's/^BUSYBOX=.*/BUSYBOX=n/' /etc/initramfs-tools/initramfs.conf"

# What MODULES=most copies one by one and no test of the image needs. Without it an image costs a
# third; and to start a process is dear in user-mode Linux.
FEW_DRIVERS = (
    "(cd /lib/modules/*/kernel/drivers && rm -rf ata firewire hid input mmc net nvme scsi usb)\n"
    "depmod -a $(ls /lib/modules)")

# Hardware that takes its time: what comes after udev in init-top is late, by more than it takes to
# find the disk.
SLOW = "initramfs-tools/scripts/init-top/zz-slow"
SLOW_SCRIPT = """#!/bin/sh
[ "$1" != prereqs ] || exit 0
tries=0
until [ -e /run/intact-unlock/found ] || [ $tries = 60 ]; do
	tries=$((tries + 1))
	sleep 1
done
sleep 5
"""

# udev, four seconds late for every disk of the array.
LATE = "initramfs-tools/hooks/late"
LATE_SCRIPT = """#!/bin/sh
[ "$1" != prereqs ] || exit 0
mkdir -p "$DESTDIR/lib/udev/rules.d"
echo 'ACTION=="add", KERNEL=="vd[ab]", PROGRAM="/bin/sleep 4"' \\
	>"$DESTDIR/lib/udev/rules.d/00-late.rules"
"""

# Of a disk without a header there is no UUID.
APART = f"{NAME} /dev/disk/by-id/virtio-disk0 none luks,header={{}}\n"

TABLE: dict[str, Image] = {
    "most": Image(),
    "dep": Image(guest="uml", modules="dep"),
    "most-guest": Image(guest="uml", prepare=FEW_DRIVERS),
    "dep-qemu": Image(guest="qemu", modules="dep"),
    "klibc": Image(prepare=NO_BUSYBOX),
    # cryptsetup-initramfs installed too
    "beside": Image(tree="peer"),
    "beside-dep": Image(tree="peer", guest="uml", modules="dep"),
    # … and what people added by hand
    "beside-hand": Image(tree="peer", etc=PEER_ETC, crypttab=PEER_CRYPTTAB, prepare=FEW_DRIVERS),
    "beside-weak": Image(tree="peer", etc=WEAK, crypttab=PEER_CRYPTTAB),
    "stick": Image(crypttab=CRYPTTAB.replace("none", "/key:LABEL=KEYS"), prepare=FEW_DRIVERS),
    # Its keyslot needs the kernel, and so, in a file, a loop device.
    "header": Image(header="keyslot-camellia", crypttab=APART.format(f"/etc/{HEADER}"),
                    prepare=FEW_DRIVERS),
    # With a record of freshness, without and with a digest of the tags.
    "fresh": Image(crypttab=FRESH_CRYPTTAB),
    "fresh-tags": Image(crypttab=FRESH_CRYPTTAB.replace("require", "require,tags")),
    "discard": Image(crypttab=CRYPTTAB.replace("luks", "luks,discard"), prepare=FEW_DRIVERS),
    "boot-nfs": Image(etc={"initramfs-tools/conf.d/boot": "BOOT=nfs\n"}, prepare=FEW_DRIVERS),
    "nonsense": Image(
        crypttab="# a comment\nbroken\nsecond UUID=zzz none luks,tries=many,frobnicate\n"
        + CRYPTTAB, prepare=FEW_DRIVERS),
    "uuid-fstab": Image(fstab=f"UUID={rootfs.FS_UUID} / ext4 defaults 0 1\n", prepare=FEW_DRIVERS),
    # with mdadm, LVM and btrfs-progs
    "stack": Image(tree="stack", etc={"mdadm/mdadm.conf": MD_CONF}),
    "stack-late": Image(tree="stack", etc={"mdadm/mdadm.conf": MD_CONF, LATE: LATE_SCRIPT},
                        prepare=f"chmod 755 /etc/{LATE}"),
    "stack-pair": Image(tree="stack", crypttab=PAIR, prepare=FEW_DRIVERS),
    "stack-md-legs": Image(tree="stack", etc={"mdadm/mdadm.conf": MD_CONF, **LEGS}),
    "stack-resume": Image(tree="stack", etc={
        "initramfs-tools/conf.d/resume": "RESUME=/dev/system/swap\n"}),
    "stack-md": Image(tree="stack", **LAYOUTS["md"],
                      etc={"mdadm/mdadm.conf": layouts.MD_CONF,
                           "initramfs-tools/conf.d/resume": "RESUME=/dev/md1\n"}),
    "stack-nested": Image(tree="stack", **LAYOUTS["nested"],
                          etc={"mdadm/mdadm.conf": layouts.MD_CONF}),
    "multipath": Image(tree="multipath", etc={"multipath.conf": MULTIPATH}),
    # /usr on a volume of its own
    "usr": Image(crypttab=USR_CRYPTTAB, fstab=USR_FSTAB),
    # It says that a hibernated system is on its second volume.
    "resume-promised": Image(
        etc={"initramfs-tools/conf.d/resume": f"RESUME=UUID={tamper.SWAP_UUID}\n"},
        crypttab=RESUME_CRYPTTAB),
    "no-xts": Image(
        prepare="find /lib/modules -name 'authenc.ko*' -delete; depmod -a $(ls /lib/modules)"),
    "slow-hardware": Image(etc={SLOW: SLOW_SCRIPT}, prepare=f"chmod 755 /etc/{SLOW}"),
    # An SSH server, and clevis.
    "remote": Image(tree="remote", etc={"dropbear/initramfs/authorized_keys": remote.AUTHORIZED}),
    "splash": Image(tree="splash", etc={"initramfs-tools/conf.d/splash": "FRAMEBUFFER=y\n"}),
    # … on a screen that it draws on: QEMU's.
    "splash-keyboard@testing": Image(
        tree="splash-keyboard@testing", modules="list", prepare=SAVE_KEYMAP, etc={
            **FRENCH, **DRAWN, "initramfs-tools/conf.d/splash": "FRAMEBUFFER=y\n",
            "initramfs-tools/modules": "virtio_pci\nvirtio_blk\next4\nbochs\nevdev\n"}),
    # nothing that unlocks: to count bytes against
    "bare": Image(ours=False, crypttab=""),
    "peer": Image(tree="peer", ours=False, etc=PEER_ETC, crypttab=PEER_CRYPTTAB),
    "peer-untouched": Image(tree="peer", ours=False, crypttab=PEER_CRYPTTAB),
    "peer-dep": Image(tree="peer", ours=False, etc=PEER_ETC_DEP, crypttab=PEER_CRYPTTAB,
                      guest="uml", modules="dep"),
    **gen_dracut.IMAGES,
    **gen_mkinitcpio.IMAGES,
}


# The generator's default compressor at its lowest level: half the time, and guests boot the
# unpacked image.
QUICK = "COMPRESS=zstd\nCOMPRESSLEVEL=1\n"


def _tools_settings(spec: Image) -> dict[str, str]:
    return {"initramfs-tools/conf.d/test": f"MODULES={spec.modules}\n{QUICK}"}


def _tools_make(_: Image, version: str, where: str) -> str:
    return (f"rm -f /boot/initrd.img-{version}\n"
            f"update-initramfs -c -k {version} >{where}/build.log 2>&1 || "
            f"{{ cat {where}/build.log; exit 1; }}\n"
            f"cp /boot/initrd.img-{version} {where}/initrd\n")


GENERATORS: dict[str, Generator] = {
    "initramfs-tools": Generator(
        _tools_settings, _tools_make, "lsinitramfs -l /out/initrd", r"^\(initramfs\) ",
        "printf 'virtio_pci\\nvirtio_blk\\n' >>/share/etc/initramfs-tools/modules"),
    "dracut": gen_dracut.GENERATOR,
    "mkinitcpio": gen_mkinitcpio.GENERATOR,
}


def _settings(spec: Image) -> dict[str, str]:
    """Files below /etc."""
    files = {"crypttab": spec.crypttab, "fstab": spec.fstab,
             **GENERATORS[spec.generator].settings(spec), **spec.etc}
    return {name: remote.with_keys(text) for name, text in files.items()}


def possible(spec: Image) -> bool:
    """Whether all is there that only a person can bring."""
    source = GENERATORS[spec.generator].source
    try:
        if source:
            source()
        if spec.ours:
            ours.program(ours.UNLOCK)
    except Missing:
        return False
    return True


def _prepare(spec: Image, where: str) -> str:
    """Shell that turns the tree into the system that the image is for; `where` holds our files."""
    steps = ["set -e", "rm -rf /lab-root"]
    if GENERATORS[spec.generator].setup:
        steps += [f"where={where}", GENERATORS[spec.generator].setup]
    if spec.ours:
        steps.append(
            f"tar -C {where}/ours -c . | tar -C / -x --keep-directory-symlink --no-same-owner")
    steps.append(f"cp -r {where}/etc/. /etc/")
    steps.append(spec.prepare)
    return "\n".join(steps)


def _script(spec: Image, where: str) -> str:
    """Shell that makes the image."""
    return _prepare(spec, where) + "\n" + GENERATORS[spec.generator].make(
        spec, debian.tree(spec.tree).kernels()[-1], where)


def _stage(spec: Image, folder: Path) -> None:
    """Put what the generator's system needs into the folder that it sees."""
    for name, content in _settings(spec).items():
        file = folder / "etc" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    if spec.header:
        disk = disks.disk(spec.header)
        with disk.open("rb") as file:
            (folder / "etc" / HEADER).write_bytes(file.read(luks2.read(disk).data))
    if spec.ours:
        run(["cp", "-a", ours.installed(), folder / "ours"])
    source = GENERATORS[spec.generator].source
    if source:
        run(["cp", "-a", source(), folder / "generator"])


def _list(spec: Image, base: debian.Tree, folder: Path) -> None:
    """Keep a listing of the image beside it: mode, owner, size, name."""
    with debian.mounted(base) as mount:
        (folder / "files").write_text(
            mount.run(GENERATORS[spec.generator].listing, binds={"/out": folder}))


def _in_chroot(spec: Image, base: debian.Tree, folder: Path) -> None:
    with debian.mounted(base) as mount:
        mount.run(_script(spec, "/out"), binds={"/out": folder}, timeout=600)


def attempt(spec: Image, after: str) -> str:
    """Ask the generator for an image in a chroot, whether it makes one or not: what it and `after`
    print."""
    with tempfile.TemporaryDirectory(prefix="intact-image-") as scratch, debian.mounted(
            debian.tree(spec.tree)) as mount:
        _stage(spec, Path(scratch))
        return mount.run(f"( {_script(spec, '/out')} ) 2>&1\n{after}",
                         binds={"/out": Path(scratch)}, timeout=600)


def _in_guest(spec: Image, _: debian.Tree, folder: Path) -> None:
    """Run the generator on a root that lies on the integrity disk, opened as people would have
    it."""
    # Nobody is there to answer a question.
    script = ("exec </dev/null\nexport DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp\n"
              + _script(spec, "/share"))
    if spec.guest == "uml":
        # The running kernel is another one than the image's, as after an upgrade; the stack is
        # real. Its disk has no driver to be seen in sysfs, so the virtio drivers are named.
        script = GENERATORS[spec.generator].name_drivers + "\n" + script
        (folder / "script").write_text(script)
        job = lab.Job(f"""set -e
cryptsetup open --key-file /lab/passphrase "$DISK0" {NAME}
mount /dev/mapper/{NAME} /mnt
mount --bind /share /mnt/mnt
mount --move /dev /mnt/dev
mount --move /run /mnt/run
mount -t proc proc /mnt/proc
mount -t sysfs sysfs /mnt/sys
mount -t tmpfs tmp /mnt/tmp
mkdir -p /mnt/share
mount --bind /share /mnt/share
set +e
chroot /mnt /bin/sh /share/script
code=$?
mount --move /mnt/dev /dev
exit $code
""", add={"lab/passphrase": disks.PASSPHRASE}, drives=[Drive(disks.disk(disk_of(spec)))],
share=folder, timeout=1200)
        result = lab.lab(job, "uml")
        if result.exit:
            raise Failed(f"the generator failed in the guest: exit {result.exit}\n{result.output}")
    else:
        (folder / "script").write_text(script)
        with peer_guest(folder, disk_of(spec)) as guest:
            guest.console.question("Please unlock disk .*: ", 90)
            guest.console.send(disks.PASSPHRASE + b"\n")
            guest.console.expect("INTACT-SHARE-START", 120, unless=r"\(initramfs\)|Kernel panic")
            code = guest.console.expect(r"INTACT-SHARE-EXIT (\d+)", 900,
                                        unless="Kernel panic").group(1)
            if code != "0":
                raise Failed(
                    f"the generator failed in the guest: exit {code}\n{guest.console.tail()}")
            guest.wait(60)


def in_system(spec: Image, script: str) -> str:
    """Run shell in a chroot of the system that an image is made in, not to make one; its output."""
    with tempfile.TemporaryDirectory(prefix="intact-image-") as scratch:
        _stage(spec, Path(scratch))
        with debian.mounted(debian.tree(spec.tree)) as mount:
            return mount.run(_prepare(spec, "/out") + "\n" + script, binds={"/out": Path(scratch)},
                             timeout=600)


def _from_scratch(spec: Image, base: debian.Tree, folder: Path) -> None:
    """The whole guide: an empty disk is formatted, a system copied onto it, and in a chroot there
    our files are installed and the image is made. The kernel that runs is another one, and nothing
    of the new system is mounted as the root of the old."""
    source = rootfs.image(disk_of(spec))
    with (folder / "disk").open("wb") as file:
        file.truncate(source.stat().st_size // 4 * 5 + 64 * rootfs.MIB)
    (folder / "script").write_text(
        f"exec </dev/null\n{GENERATORS[spec.generator].name_drivers}\n{_script(spec, '/share')}")
    job = lab.Job(f"""set -e
cryptsetup luksFormat --batch-mode --type luks2 --integrity hmac-sha256 --sector-size 4096 \
	{' '.join(disks.CHEAP)} --uuid {disks.ROOT_UUID} --key-file /lab/passphrase "$DISK0"
cryptsetup open --key-file /lab/passphrase "$DISK0" {NAME}
/usr/sbin/mke2fs -q -t ext4 -L {rootfs.FS_LABEL} /dev/mapper/{NAME}
mkdir /from /target
mount -o ro "$DISK1" /from
mount /dev/mapper/{NAME} /target
cp -a /from/. /target
mkdir /target/share
mount --bind /share /target/share
for name in dev proc sys; do mount --bind /$name /target/$name; done
chroot /target /bin/sh /share/script
umount /target/share /target/dev /target/proc /target/sys /target
cryptsetup close {NAME}
""", add={"lab/passphrase": disks.PASSPHRASE},
drives=[Drive(folder / "disk", keep=True), Drive(source)], share=folder,
                  timeout=1200)
    result = lab.lab(job, "uml")
    if result.exit:
        raise Failed(f"the guide failed: exit {result.exit}\n{result.output}")
    run(["fallocate", "-d", folder / "disk"])


def disk_of(spec: Image) -> str:
    """The disk with the system that an image is made in."""
    return "debian" if spec.tree == "debian" else f"debian-{spec.tree}"


def peer_guest(share: Path, disk: str) -> Qemu:
    """A guest that runs /share/script on the Debian integrity root, booted by the peer's image."""
    packed, kernel = image("peer")
    append = f"root=/dev/mapper/{NAME} rw console=ttyS0 quiet init=/usr/local/sbin/run-share"
    return Qemu(Machine(kernel, packed, append, [Drive(disks.disk(disk))], share=share),
                share / "log")


def folder(name: str) -> Path:
    """The folder with the image `initrd`, the same `unpacked`, the generator's `build.log` and the
    listing `files`; and the `disk`, when that was made with it."""
    spec = TABLE[name]
    source = GENERATORS[spec.generator].source
    origin = [source()] if source else []       # before anything slow is made in vain
    base = debian.tree(spec.tree)
    how = {"": _in_chroot, "scratch": _from_scratch}.get(spec.guest, _in_guest)
    parts = [repr(spec), _settings(spec), base.id, _script(spec, ""),
             cache.recipe(how) if spec.guest else "", cache.recipe(initrd), "whole 1",
             *origin]
    if spec.ours:
        parts.append(ours.installed().name)
    if spec.header:
        parts.append(disks.folder(spec.header).name)
    if spec.guest == "scratch":
        parts.append(rootfs.image(disk_of(spec)).name)
    elif spec.guest:
        parts.append(disks.folder(disk_of(spec)).name)

    def make(path: Path, work: Path) -> None:
        _stage(spec, work)
        how(spec, base, work)
        _list(spec, base, work)
        initrd.unpacked(work / "initrd", work / "unpacked")
        missing = whole.lacks((work / "unpacked").read_bytes())
        if missing:
            log = (work / "build.log").read_text(errors="replace").splitlines()[-20:]
            raise whole.NotWhole("\n".join([
                f"the image {name} was made, but its programs cannot run:", *missing[:20],
                "The end of the generator's log:", *log]))
        path.mkdir()
        for file in ("initrd", "unpacked", "build.log", "files") + (
                ("disk",) if spec.guest == "scratch" else ()):
            run(["cp", "--sparse=always", work / file, path / file])

    def build(path: Path) -> None:
        def once() -> None:
            with tempfile.TemporaryDirectory(prefix="intact-image-") as scratch:
                make(path, Path(scratch))
        whole.insist(once, say=print)
    return cache.entry("image", name, tuple(parts), build)


def image(name: str, compressed: bool = False) -> tuple[Path, Path]:
    """The initramfs of that name and the kernel it is for, as QEMU starts them fastest."""
    return folder(name) / ("initrd" if compressed else "unpacked"), vmlinux.fast(
        debian.tree(TABLE[name].tree).kernel()[1])
