# SPDX-License-Identifier: GPL-2.0-or-later
"""What real boot loaders start, beside what `intact check` says that they do.

Each row is a system as image/boots.py makes them, whose files below efi/ become an EFI system
partition, and whose variables go into the memory of the firmware. All its kernels are the same
one, and their command lines tell which entry was started.
"""

import json
import re
import tempfile
import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from image import boots_efi
from image.boots import BLS, GOOD, OLD, OPTIONS, Files, Old, ask, image, make
from image.boots_efi import ESP, LOAD, STUB, firmware, told
from lib import debian, debs, efi
from lib.proc import Failed
from lib.qemu import Drive, Machine, Qemu, accelerator
from lib.suite import Need, Test

SUITES = ("bookworm", "trixie", "testing")
# The option by which an entry is known, and the console.
MARK = "loglevel=7 console=ttyS0 panic=-1 no_timer_check entry="
BY_VERSION = f"{OPTIONS} {MARK}%v"          # rEFInd puts the version of the kernel there
VARIABLE = re.compile("sys/firmware/efi/efivars/(.*)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True)
class Loader:
    """A boot loader of a package: the file in it, and its place on the partition."""
    package: str
    file: str
    place: str


MANAGER = Loader("systemd-boot-efi", "usr/lib/systemd/boot/efi/systemd-bootx64.efi",
                 "EFI/systemd/systemd-bootx64.efi")
REFIND = Loader("refind", "usr/share/refind/refind/refind_x64.efi", "EFI/refind/refind_x64.efi")
entry = partial(boots_efi.entry, short=True)
NEWER = "/vmlinuz-6.2.0"
OF_MANAGER = firmware(entry("Manager", "\\EFI\\systemd\\systemd-bootx64.efi"))
# It would start other programs, too.
OF_REFIND = {name: data for name, data in
             firmware(entry("rEFInd", "\\EFI\\refind\\refind_x64.efi")).items()
             if not name.endswith(".efi")}


def bls(name: str, more: str = "") -> str:
    return BLS.format(GOOD).replace("Linux", name).replace("$more", f"{MARK}{name}") + more


def conf(*lines: str) -> Files:
    return {"efi/loader/loader.conf": "".join(f"{line}\n" for line in ("timeout 0", *lines)),
            **OF_MANAGER}


def three(*names: str) -> Files:
    """Entries in files of these names; their titles are the first letters."""
    return {f"efi/loader/entries/{name}.conf": bls(name[0].upper()) for name in names}


def refind(*lines: str) -> Files:
    return {"efi/EFI/refind/refind.conf": "".join(f"{line}\n" for line in ("timeout 1", *lines)),
            **OF_REFIND}


# Where rEFInd finds options, beside the kernels.
LINES = {"efi/refind_linux.conf": f'"First" "{BY_VERSION}"\n"Second" "{OPTIONS} {MARK}Second"\n'}
# A second kernel, written later than the first.
TWO: Files = {f"efi{NEWER}": "", "efi/initrd.img-6.2.0": image()}


ROWS: dict[str, tuple[Loader | None, Files]] = {
    "systemd-first": (MANAGER, {**conf(), **three("a", "b", "c")}),
    "systemd-default": (MANAGER, {**conf("default b*"), **three("a", "b", "c")}),
    "systemd-sorted": (MANAGER, {
        **conf(), "efi/loader/entries/z.conf": bls("Z"),
        "efi/loader/entries/b.conf": bls("B", "sort-key x\nversion 2\n"),
        "efi/loader/entries/a.conf": bls("A", "sort-key x\nversion 10\n")}),
    "systemd-tried": (MANAGER, {**conf(), **three("a", "b+2-1", "c+0-3")}),
    "systemd-default-bad": (MANAGER, {**conf("default c.conf"), **three("a", "b", "c+0-3")}),
    "systemd-chosen": (MANAGER, {**conf("default a.conf"), **three("a", "b", "c"),
                                 **told(LoaderEntryDefault="b.conf")}),
    "systemd-once": (MANAGER, {**conf("default a.conf"), **three("a", "b", "c"),
                               **told(LoaderEntryDefault="b.conf", LoaderEntryOneShot="c.conf")}),
    "systemd-saved": (MANAGER, {**conf("default @saved"), **three("a", "b", "c"),
                                **told(LoaderEntryLastBooted="a.conf")}),
    "refind-lines": (REFIND, {**refind(), **LINES}),
    "refind-newest": (REFIND, {**refind(), **LINES, **TWO}),
    "refind-newest-chosen": (REFIND, {**refind("default_selection +"), **LINES, **TWO}),
    "refind-selection": (REFIND, {**refind(f'default_selection "+,{OLD[1:]}"'), **LINES, **TWO}),
    "refind-name": (REFIND, {**refind(f"default_selection {OLD[1:]}"), **LINES, **TWO}),
    "refind-unfolded": (REFIND, {**refind(f"default_selection {OLD[1:]}",
                                          "fold_linux_kernels false"), **LINES, **TWO}),
    "refind-stanza": (REFIND, {**refind(
        "scanfor manual", *(line for name in "AB" for line in (
            f'menuentry "{name}" {{', f"loader {OLD}", f"initrd {GOOD}",
            f'options "{OPTIONS} {MARK}{name}"', "}")), "default_selection B")}),
    "firmware": (None, firmware(entry("A", STUB, f"{LOAD} {MARK}A"),
                                entry("B", STUB, f"{LOAD} {MARK}B"))),
    "firmware-order": (None, firmware(entry("A", STUB, f"{LOAD} {MARK}A"),
                                      entry("B", STUB, f"{LOAD} {MARK}B"), order=(1, 0))),
    "firmware-next": (None, firmware(entry("A", STUB, f"{LOAD} {MARK}A"),
                                     entry("B", STUB, f"{LOAD} {MARK}B"), then=1)),
    "firmware-off": (None, firmware(entry("A", STUB, f"{LOAD} {MARK}A", attributes=0),
                                    entry("B", STUB, f"{LOAD} {MARK}B"))),
}
# What systemd-boot prefers is known to version 260 and later.
NEW = {
    "systemd-preferred": (MANAGER, {**conf("default a.conf", "preferred c.conf"),
                                    **three("a", "b", "c"), **told(LoaderEntryPreferred="b.conf")}),
    "systemd-preferred-line": (MANAGER, {**conf("default a.conf", "preferred c.conf"),
                                         **three("a", "b", "c")}),
    "systemd-preferred-bad": (MANAGER, {**conf("default a.conf"), **three("a", "b", "c+0-3"),
                                        **told(LoaderEntryPreferred="c.conf")}),
    "systemd-preferred-saved": (MANAGER, {**conf("default a.conf", "preferred @saved"),
                                          **three("a", "b", "c"),
                                          **told(LoaderEntryLastBooted="b.conf")}),
    "systemd-preferred-once": (MANAGER, {**conf(), **three("a", "b", "c"),
                                         **told(LoaderEntryPreferred="b.conf",
                                                LoaderEntryOneShot="a.conf")}),
}


def _kernel() -> Path:
    return debian.tree("debian").kernel()[1]


def _package(loader: Loader, suite: str) -> Path:
    return debs.folder(suite, loader.package, f"{loader.package}$") / loader.file


def _told(root: Path) -> str:
    """The title of the entry that is started, by `intact check`."""
    text, _ = ask("--sysroot", root, "--json")
    found = [one for one in json.loads(text) if one["default"] and one["reached"]]
    if len(found) != 1:
        raise Failed(f"{len(found)} entries are the default\n{text}")
    return found[0]["title"]


def _started(files: Files, root: Path, folder: Path) -> str:
    disk = folder / "disk"
    efi.system_partition(root / "efi", disk, ESP)
    variables = [efi.Variable(match.group(1), uuid.UUID(match.group(2)), data[4:], data[0])
                 for name, data in files.items()
                 if (match := VARIABLE.fullmatch(name)) and isinstance(data, bytes)]
    machine = Machine(None, None, drives=[Drive(disk)])
    efi.firmware(machine, folder / "variables")
    efi.remember(folder / "variables", variables)
    with Qemu(machine, folder, accelerator(_kernel())) as guest:
        return guest.console.expect(r"Kernel command line: .*entry=(\S+)", 300,
                                    unless="UEFI Interactive Shell").group(1)


def _row(name: str, suite: str, folder: Path) -> None:
    loader, files = {**ROWS, **NEW}[name]
    with tempfile.TemporaryDirectory(prefix="intact-loader-") as scratch:
        root = Path(scratch)
        kernel = _kernel().read_bytes()
        programs: Files = {f"efi{GOOD}": image(), f"efi{OLD}": kernel}
        if f"efi{NEWER}" in files:
            programs |= {f"efi{OLD}": Old(kernel), f"efi{NEWER}": kernel}
        if loader:
            programs[f"efi/{loader.place}"] = _package(loader, suite).read_bytes()
        make(root, {**files, **programs}, {})
        said, did = _told(root), _started(files, root, folder)
        if not said.endswith(did):
            raise Failed(f"the boot loader starts {did}, `intact check` says {said}")


def tests() -> list[Test]:
    # Only the oldest suite has rEFInd. Its systemd-boot takes the count for a part of the name.
    rows = [(name, suite) for suite in SUITES for name in ROWS
            if name != "systemd-default-bad" and suite == SUITES[0] or
            suite != SUITES[0] and ROWS[name][0] is MANAGER]
    rows += [(name, SUITES[-1]) for name in NEW]
    tree = Need("tree debian", lambda: debian.tree("debian"), 0)
    return [Test(f"qemu/slow/loader/{name}" + ("" if suite == SUITES[0] else f"@{suite}"),
                 lambda report, logs, name=name, suite=suite: _row(name, suite, logs),
                 needs=(tree,)) for name, suite in rows]
