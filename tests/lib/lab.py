# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab guest: a small initramfs with busybox, cryptsetup, dmsetup, e2fsprogs and udev in it that
runs one script and switches off. Disks are formatted there, and programs are tried out there.

Two kernels can run it. "uml" (user-mode Linux) is an ordinary process: user code at native speed,
up in a second. "qemu" is the tree's own distribution kernel, with its modules, its udev and its
real block devices.
"""

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import cache, cpio, debian, kernels, vmlinux
from .console import Console, Unexpected
from .patience import FACTOR, patient
from .paths import CACHE, TESTS
from .proc import ENVIRONMENT, TIED, Missing
from .qemu import Drive, Machine, Qemu

PROGRAMS = ("/usr/sbin/cryptsetup", "/usr/sbin/integritysetup", "/usr/sbin/dmsetup",
            "/usr/sbin/mke2fs", "/usr/sbin/e2fsck", "/usr/sbin/tune2fs", "/usr/sbin/blkid",
            "/usr/bin/kmod", "/usr/bin/udevadm", "/usr/bin/keyctl", "/usr/bin/strace",
            "/usr/sbin/lvm", "/usr/sbin/mkfs.btrfs", "/usr/bin/btrfs")
UDEV = ("/lib/systemd/systemd-udevd", "/lib/udev/rules.d/50-udev-default.rules",
        "/lib/udev/rules.d/55-dm.rules", "/lib/udev/rules.d/60-persistent-storage.rules",
        "/lib/udev/rules.d/60-persistent-storage-dm.rules", "/lib/udev/rules.d/60-block.rules",
        "/lib/udev/rules.d/80-drivers.rules", "/lib/udev/rules.d/95-dm-notify.rules")
# Whole folders: what the algorithms of any header may need, disks, file systems, 9p for the shared
# folder.
MODULES = ("kernel/crypto", "kernel/arch/x86/crypto", "kernel/drivers/md",
           "kernel/drivers/crypto/ccp", "kernel/lib", "kernel/drivers/virtio",
           "kernel/drivers/block", "kernel/drivers/scsi", "kernel/drivers/char/tpm",
           "kernel/drivers/char/hw_random", "kernel/fs/ext4", "kernel/fs/jbd2",
           "kernel/fs/mbcache.ko", "kernel/fs/9p", "kernel/net/9p", "kernel/fs/netfs",
           "kernel/fs/fscache", "kernel/fs/overlayfs", "kernel/security")

UML = "linux.uml"


@dataclass
class Result:
    """How a lab run ended."""
    exit: int
    output: str            # console text between start and exit
    seconds: float
    log: Path


@dataclass
class Job:
    """What to run: a script, files to put into the guest, disks, answers to type."""
    script: str
    # path in the guest → file or content
    add: dict[str, Path | bytes] = field(default_factory=dict)
    # /dev/vda, vdb … (uml: /dev/ubda …)
    drives: list[Drive] = field(default_factory=list)
    # a host folder, /share in the guest
    share: Path | None = None
    answers: list[tuple[str, bytes]] = field(default_factory=list)    # when this appears, type that
    append: str = ""
    timeout: float = 300
    memory: int = 1024
    cpu: str = ""
    # qemu
    cpus: int = 1
    # qemu: another kernel than the tree's, or it with more modules
    kernel: kernels.Kernel | None = None
    # qemu: more arguments of QEMU
    extra: list[str] = field(default_factory=list)


def _image(path: Path) -> None:
    base = debian.tree("lab")
    version = base.kernel()[0]
    with debian.mounted(base) as mount, tempfile.TemporaryDirectory() as out:
        # Done in the chroot, where library paths and links mean what they say.
        mount.run(f"""
set -e
cd /
for program in {' '.join(PROGRAMS)}; do
	if [ -e "$program" ]; then echo "$program"; fi
done >/tmp/files
for program in {' '.join(UDEV)}; do
	if [ -e "$program" ]; then readlink -f "$program"; fi
done >>/tmp/files
for program in $(cat /tmp/files); do
	ldd "$program" 2>/dev/null | sed -n 's/^[^/]*\\(\\/[^ ]*\\) (0x.*/\\1/p'
done | sort -u >/tmp/libraries
mkdir -p /lab-root/usr/lib /lab-root/usr/sbin /lab-root/usr/bin /lab-root/usr/lib64 /lab-root/lab
for name in lib sbin bin lib64; do ln -s usr/$name /lab-root/$name; done
while read -r file; do
	mkdir -p "/lab-root$(dirname "$file")"
	cp -L "$file" "/lab-root$file"
done </tmp/files
while read -r file; do
	mkdir -p "/lab-root$(dirname "$file")"
	cp -L "$file" "/lab-root$file"
done </tmp/libraries
for name in modprobe insmod rmmod lsmod depmod; do ln -sf ../bin/kmod /lab-root/usr/sbin/$name; done
from=/lib/modules/{version} to=/lab-root/lib/modules/{version}
mkdir -p "$to"
cp "$from"/modules.builtin "$from"/modules.builtin.modinfo "$from"/modules.order "$to"
for folder in {' '.join(MODULES)}; do
	[ -e "$from/$folder" ] || continue
	mkdir -p "$to/$(dirname "$folder")"
	cp -r "$from/$folder" "$to/$folder"
done
depmod -b /lab-root {version}
mkdir -p /lab-root/etc
printf 'root:x:0:0::/root:/bin/sh\\n' >/lab-root/etc/passwd
for group in root:0 disk:6 tty:5 kmem:15 input:101 sgx:102 kvm:103 render:104 lp:7 dialout:20 \\
	cdrom:24 tape:26 audio:29 video:44; do
	echo "${{group%:*}}:x:${{group#*:}}:"
done >/lab-root/etc/group
cp -a /lab-root/. /out/
""", binds={"/out": Path(out)})
        root = Path(out)
        entries = [cpio.copy(file, str(file.relative_to(root))) for file in sorted(root.rglob("*"))
                   if file.is_symlink() or file.is_file()]
    entries += [cpio.file("init", (TESTS / "lib/lab-init").read_bytes(), 0o755),
                cpio.file("usr/bin/busybox", busybox(), 0o755),
                cpio.node("dev/console", 5, 1), cpio.folder("lab")]
    path.write_bytes(cpio.pack(entries))


def busybox() -> bytes:
    """The host's static busybox."""
    found = shutil.which("busybox")
    if not found:
        raise Missing("busybox is not installed (see tests/packages)")
    return Path(found).read_bytes()


def image() -> Path:
    """The lab's initramfs, without the script."""
    base = debian.tree("lab")
    return cache.entry("lab", "lab", (base.id, PROGRAMS, UDEV, MODULES, TESTS / "lib/lab-init",
                                      cache.recipe(_image)), _image)


def _with_job(job: Job, path: Path) -> None:
    """The lab's initramfs and a second archive behind it: the kernel unpacks both."""
    entries = [cpio.file("lab/script", job.script, 0o755)]
    for name, content in job.add.items():
        if isinstance(content, Path):
            mode = 0o755 if os.access(content, os.X_OK) else 0o644
            content = content.read_bytes()
        else:
            mode = 0o755 if content.startswith((b"#!", b"\x7fELF")) else 0o644
        entries.append(cpio.file(name, content, mode))
    # Written through /usr: a folder in this archive would replace the first one's /bin, /sbin and
    # /lib links.
    entries = [cpio.Entry(f"usr/{e.name}", e.data, e.mode, e.device)
               if e.name.split("/")[0] in ("bin", "sbin", "lib", "lib64") else e for e in entries]
    with path.open("wb") as out:
        with image().open("rb") as base:
            shutil.copyfileobj(base, out)
        if job.kernel:
            out.write(kernels.modules_archive(job.kernel,
                                              (*MODULES, "kernel/drivers/crypto")).read_bytes())
        out.write(cpio.pack(entries))


class Uml:
    """A user-mode Linux guest with the same face as Qemu."""

    def __init__(self, initrd: Path, job: Job, folder: Path) -> None:
        self.folder = folder
        found = shutil.which(UML)
        versions = sorted(Path("/usr/lib/uml/modules").glob("*"))
        if not found or not versions:
            raise Missing("user-mode-linux is not installed (see tests/packages)")
        # The guest and each of its programs are processes that wait for each other all the time: on
        # one processor that is a switch, between two it is an interrupt.
        command = [*TIED, "taskset", "-c", str(random.choice(sorted(os.sched_getaffinity(0)))),
                   found, f"mem={job.memory}M", f"initrd={initrd}", "con0=fd:0,fd:1",
                   "con=null", "ssl=null", "panic=-1", "quiet", "lab.uml",
                   "lab.modules=/usr/lib/uml/modules", f"umid=intact-{os.getpid()}-{id(self):x}",
                   f"uml_dir={folder}/umid/"]
        if job.share:
            command.append(f"lab.share={job.share}")
        for letter, drive in zip("abcdefgh", job.drives):
            if drive.keep:
                command.append(f"ubd{letter}={drive.file}")
            else:
                cow = folder / f"ubd{letter}.cow"
                cow.unlink(missing_ok=True)
                command.append(f"ubd{letter}={cow},{drive.file.resolve()}")
            command.append(f"lab.wait=ubd{letter}")
        command += job.append.split()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        bufsize=0, stderr=subprocess.STDOUT,
                                        env={**ENVIRONMENT, "TMPDIR": "/dev/shm"},
                                        start_new_session=True)
        assert self.process.stdin and self.process.stdout
        self.console = Console(self.process.stdout.fileno(), self.process.stdin.fileno(),
                               folder / "serial.log")

    def stop(self) -> None:
        if self.process.poll() is None:
            # UML runs guest processes as host processes of its session.
            os.killpg(self.process.pid, 9)
            self.process.wait(patient(20))
        self.console.close()
        for cow in self.folder.glob("ubd*.cow"):
            cow.unlink()


def start(job: Job, folder: Path, kind: str) -> Qemu | Uml:
    """Start a lab guest and leave it running."""
    folder.mkdir(parents=True, exist_ok=True)
    initrd = folder / "lab.cpio"
    _with_job(job, initrd)
    if kind == "uml":
        return Uml(initrd, job, folder)
    vmlinuz = job.kernel.image if job.kernel else debian.tree("debian").kernel()[1]
    append = "console=ttyS0 quiet panic=-1 oops=panic lab.qemu"
    append += "".join(f" lab.wait=vd{letter}" for letter, drive in zip("abcdefgh", job.drives)
                      if not drive.late)
    if job.share:
        append += " lab.share"
    machine = Machine(vmlinux.fast(vmlinuz), initrd, f"{append} {job.append}".strip(), job.drives,
                      job.memory, share=job.share, extra=job.extra)
    if job.cpu:
        machine.cpu = job.cpu
    machine.cpus = job.cpus
    return Qemu(machine, folder)


def have_uml() -> bool:
    return bool(shutil.which(UML)) and Path("/usr/lib/uml/modules").is_dir()


def lab(job: Job, kind: str = "", folder: Path | None = None,
        watch: Callable[[bytes], None] | None = None) -> Result:
    """Run a job to its end. `kind` is "uml" or "qemu"; by default the faster one that is there."""
    kind = kind or ("uml" if have_uml() else "qemu")
    own = None
    if not folder:
        CACHE.mkdir(parents=True, exist_ok=True)
        own = tempfile.TemporaryDirectory(prefix=".lab-", dir=CACHE)
        folder = Path(own.name)
    try:
        guest = start(job, folder, kind)
        console = guest.console
        try:
            console.expect("INTACT-LAB-START .*\n", 120, unless="Kernel panic")
            begin, since = console.mark, console.elapsed()
            if watch:
                watch(console.text[begin:].encode())
                console.echo = watch
            for prompt, answer in job.answers:
                console.question(prompt, job.timeout, unless="INTACT-LAB-EXIT|Kernel panic")
                console.send(answer)
            left = job.timeout - (console.elapsed() - since) / FACTOR
            found = console.expect(r"^INTACT-LAB-EXIT (\d+)", max(left, 1), unless="Kernel panic")
            output = console.text[begin:found.start()]
            seconds = console.elapsed() - since
            if not console.wait_end(30):
                raise Unexpected("the lab guest did not switch off")
            return Result(int(found.group(1)), output, seconds, console.log_path)
        except Unexpected as error:
            raise Unexpected(f"{error}\n{console.tail()}") from error
        finally:
            guest.stop()
            (folder / "lab.cpio").unlink(missing_ok=True)
    finally:
        if own:
            own.cleanup()
