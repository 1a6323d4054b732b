# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU guest with its serial console, its disks and its monitor."""

import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import cpio
from .console import Console, Unexpected
from .patience import patient
from .proc import ENVIRONMENT, TIED, Failed, Missing, run

QEMU = "qemu-system-x86_64"


@dataclass(frozen=True)
class Drive:
    """A disk of a guest. Unless `keep`, the guest writes to an overlay and the file stays as it
    is."""
    file: Path
    serial: str = ""
    keep: bool = False          # let the guest write to the file itself (marker and output disks)
    late: bool = False          # not there at start: Qemu.plug() adds it
    paths: int = 0              # a SCSI disk, which the guest sees so many times


@dataclass
class Machine:
    """What a guest is made of. Without a kernel, its firmware starts what is on the disks."""
    kernel: Path | None
    initrd: Path | None
    append: str = ""
    drives: list[Drive] = field(default_factory=list)
    memory: int = 1024
    cpu: str = "max,la57=off"    # la57 only makes emulated page walks longer
    cpus: int = 1                # more are no faster where there are two cores for two guests
    share: Path | None = None    # a host folder, 9p tag "share"
    second: Path | None = None   # what the guest writes to a second serial port goes to this file
    port: int = 0                # of the host, where the guest has an SSH server (lib/remote.py)
    extra: list[str] = field(default_factory=list)


@functools.cache
def accelerator(kernel: Path) -> str:
    """kvm when a kernel really starts under it (it may exist and not work), else tcg.

    The answer lasts for this run only: the next one may be on another machine.
    """
    if os.environ.get("INTACT_ACCEL"):
        return os.environ["INTACT_ACCEL"]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with tempfile.TemporaryDirectory(prefix="intact-probe-") as folder:
        initrd = Path(folder, "initrd")
        initrd.write_bytes(cpio.pack([]))
        guest = Qemu(Machine(kernel, initrd, "console=ttyS0 earlyprintk=ttyS0 panic=-1"),
                     Path(folder), "kvm")
        try:
            # A kernel that KVM starts at all gets there in a moment.
            guest.console.expect("Linux version", 2)
            # The end of a boot without a root: real work was done, not only the first instructions.
            guest.console.expect("Kernel panic|Unable to mount root", 5)
            return "kvm"
        except Unexpected:
            return "tcg"
        finally:
            guest.stop()


class Qemu:
    """A running guest. Use as a context manager: leaving it ends the guest."""

    def __init__(self, machine: Machine, folder: Path, accel: str | None = None,
                 name: str = "serial") -> None:
        self.machine, self.folder = machine, folder
        folder.mkdir(parents=True, exist_ok=True)
        # socket paths must be short
        self._sockets = tempfile.TemporaryDirectory(prefix="intact-qmp-")
        self.qmp_path = Path(self._sockets.name, "qmp")
        accel = accel or accelerator(machine.kernel)
        # An emulated timer may be late on a busy machine, and the kernel would panic.
        direct = ["-kernel", str(machine.kernel), "-initrd", str(machine.initrd), "-append",
                  f"{machine.append} no_timer_check"] if machine.kernel else []
        command = [*TIED, QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   "-machine", "pc", "-accel", "tcg,thread=multi" if accel == "tcg" else accel,
                   "-cpu", machine.cpu if accel.startswith("tcg") else "host",
                   "-smp", str(machine.cpus),
                   "-m", str(machine.memory), *direct,
                   "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                   "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
                   "-object", "rng-random,id=rng,filename=/dev/urandom",
                   "-device", "virtio-rng-pci,rng=rng"]
        for number, drive in enumerate(machine.drives):
            if drive.paths:
                command += self._paths(number, drive)
            elif not drive.late:
                file, kind = self._file(number, drive)
                # No lock on the original: user-mode Linux locks whole files that it only reads.
                unlocked = "" if drive.keep else ",backing.file.locking=off"
                known = f",serial={drive.serial}" if drive.serial else ""
                command += ["-drive", f"if=none,id=drive{number},file={file},format={kind},"
                                      f"cache=unsafe{unlocked}",
                            "-device", f"virtio-blk-pci,drive=drive{number}{known}"]
        if machine.second:
            command += ["-chardev", f"file,id=second,path={machine.second}", "-serial",
                        "chardev:second"]
        if machine.share:
            command += ["-virtfs",
                        f"local,path={machine.share},mount_tag=share,security_model=none"]
        command += machine.extra
        (folder / f"{name}.command").write_text(" ".join(command) + "\n")
        if not shutil.which(QEMU):
            raise Missing(f"{QEMU} is not installed (see tests/packages)")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        bufsize=0, stderr=(folder / f"{name}.stderr").open("w"),
                                        env=ENVIRONMENT)
        assert self.process.stdin and self.process.stdout
        self.console = Console(self.process.stdout.fileno(), self.process.stdin.fileno(),
                               folder / f"{name}.log")
        self._qmp: socket.socket | None = None

    def _file(self, number: int, drive: Drive) -> tuple[Path, str]:
        if drive.keep:
            return drive.file, "raw"
        overlay = self.folder / f"drive{number}.qcow2"
        overlay.unlink(missing_ok=True)
        backing = "qcow2" if drive.file.suffix == ".qcow2" else "raw"
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", backing, "-b", drive.file.resolve(),
             overlay])
        return overlay, "qcow2"

    def _paths(self, number: int, drive: Drive) -> list[str]:
        """Several host adapters with one disk. All write to one file, so there is no overlay."""
        copy = self.folder / f"drive{number}.raw"
        run(["cp", "--sparse=always", "--reflink=auto", drive.file, copy])
        words = []
        for path in range(drive.paths):
            name = f"drive{number}path{path}"
            words += ["-drive", f"if=none,id={name},file={copy},format=raw,cache=unsafe,"
                                "file.locking=off",
                      "-device", f"virtio-scsi-pci,id=bus{name}",
                      "-device", f"scsi-hd,bus=bus{name}.0,drive={name},share-rw=on,"
                                 f"serial={drive.serial},wwn=0x5000c50015ea71ac"]
        return words

    def plug(self, number: int = 0) -> None:
        """Add a drive that was declared `late`, as a hand on a cable would."""
        drive = self.machine.drives[number]
        file, kind = self._file(number, drive)
        self.console.note(f"plugging in {drive.file.name}")
        backing = {
            "driver": "raw",
            "file": {"driver": "file", "filename": str(drive.file.resolve()), "locking": "off"}}
        self.command("blockdev-add", {"node-name": f"drive{number}", "driver": kind,
                                      "cache": {"no-flush": True},
                                      "file": {"driver": "file", "filename": str(file),
                                               "cache": {"no-flush": True}},
                                      **({} if drive.keep else {"backing": backing})})
        self.command("device_add",
                     {"driver": "virtio-blk-pci", "drive": f"drive{number}", "id": f"late{number}",
                      **({"serial": drive.serial} if drive.serial else {})})

    def command(self, name: str, arguments: dict | None = None) -> object:
        """One QMP command."""
        if not self._qmp:
            self._qmp = socket.socket(socket.AF_UNIX)
            self._qmp.settimeout(patient(20))
            self._qmp.connect(str(self.qmp_path))
            self._stream = self._qmp.makefile("rw")
            self._stream.readline()
            self.command("qmp_capabilities")
        self._stream.write(json.dumps({"execute": name, "arguments": arguments or {}}) + "\n")
        self._stream.flush()
        while True:
            answer = json.loads(self._stream.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failed(f"QMP {name}: {answer['error']['desc']}")

    def screen(self) -> str:
        """All that the memory of a VGA text screen holds, also what was scrolled out of view."""
        dump = self.folder / "screen"
        self.command("pmemsave", {"val": 0xb8000, "size": 0x8000, "filename": str(dump.resolve())})
        cells = dump.read_bytes()
        dump.unlink()
        return cells[::2].decode("cp437")

    def wait(self, timeout: float) -> int:
        """Read the console to its end; the guest must have switched itself off by then."""
        if not self.console.wait_end(timeout):
            raise Unexpected(f"the guest did not switch off within {patient(timeout):.0f} s")
        return self.process.wait(patient(20))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(patient(20))
        self.console.close()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        if self._qmp:
            self._qmp.close()
        self._sockets.cleanup()
        for pattern in ("drive*.qcow2", "drive*.raw"):
            for written in self.folder.glob(pattern):
                written.unlink()

    def __enter__(self) -> "Qemu":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
