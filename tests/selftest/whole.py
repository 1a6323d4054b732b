# SPDX-License-Identifier: GPL-2.0-or-later
"""Is an image without what its programs need refused, and a whole one accepted? On archives made by
hand."""

import stat
import struct
from collections.abc import Callable
from functools import partial

from lib import cpio, elf, whole
from lib.proc import Failed

LOADER, LIBC = "lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libc.so.6"


def program(interpreter: str = "", needed: tuple[str, ...] = (), runpath: str = "") -> bytes:
    """An ELF file that asks for these, with nothing else in it."""
    base = 0x400000
    texts = [interpreter, *needed, runpath]
    start = 64 + 3 * 56
    places, strings = [], b""
    for text in texts:
        places.append(len(strings))
        strings += text.encode() + b"\0"
    tags = [(elf.DT_NEEDED, place) for place in places[1:-1]]
    if runpath:
        tags.append((elf.DT_RUNPATH, places[-1]))
    tags += [(elf.DT_STRTAB, base + start), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    at = start + len(strings)

    def segment(kind: int, offset: int, length: int) -> bytes:
        return struct.pack("<IIQQQQQQ", kind, 5, offset, base + offset, base + offset, length,
                           length, 1)
    segments = [segment(elf.PT_LOAD, 0, at + len(dynamic))]
    if interpreter:
        segments.append(segment(elf.PT_INTERP, start, len(interpreter) + 1))
    if needed or runpath:
        segments.append(segment(elf.PT_DYNAMIC, at, len(dynamic)))
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, base, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    return (head + b"".join(segments)).ljust(start, b"\0") + strings + dynamic


def executable(name: str, data: bytes) -> cpio.Entry:
    return cpio.file(name, data, 0o755)


SH = executable("usr/bin/sh", program(f"/{LOADER}", ("libc.so.6",)))
INIT = executable("init", b"#!/bin/sh -e\n:\n")
MERGED = [cpio.link("bin", "usr/bin"), cpio.link("lib64", "usr/lib64"), INIT, SH]
REAL_LOADER = [cpio.link("usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld.so"),
               executable("usr/lib/x86_64-linux-gnu/ld.so", program())]
LIBRARY = executable(LIBC, program())
SHARED = executable("usr/lib/systemd/libshared.so", program(needed=("libc.so.6",)))
SYSTEMD = [cpio.link("init", "usr/lib/systemd/systemd"), LIBRARY, SHARED,
           executable("usr/lib/systemd/systemd",
                      program(f"/{LOADER}", ("libshared.so", "libcore.so"), "$ORIGIN"))]
# Finds a library only because the program has loaded it before.
CORE = executable("usr/lib/systemd/libcore.so", program(needed=("libshared.so",)))

# A row: a name → the files of an image, and what must be named as missing, nothing for a whole
# image.
IMAGES: dict[str, tuple[list[cpio.Entry], tuple[str, ...]]] = {
    "whole": ([*MERGED, *REAL_LOADER, LIBRARY], ()),
    "no-library": ([*MERGED, *REAL_LOADER], ("/usr/bin/sh needs libc.so.6",)),
    "no-loader": ([*MERGED, LIBRARY], (f"/usr/bin/sh needs /{LOADER}",)),
    "link-to-nothing": ([*MERGED, *REAL_LOADER, cpio.link(LIBC, "libc-2.36.so")],
                        ("/usr/bin/sh needs libc.so.6",)),
    "circle": ([*MERGED, *REAL_LOADER, cpio.link(LIBC, "libc.so.6")],
               ("/usr/bin/sh needs libc.so.6",)),
    "no-init": ([SH, LIBRARY, *REAL_LOADER, cpio.link("lib64", "usr/lib64")],
                ("the kernel needs /init",)),
    "no-interpreter": ([INIT, LIBRARY], ("/init needs /bin/sh",)),
    "library-of-library": (
        [*MERGED, *REAL_LOADER, executable(LIBC, program(needed=("libdl.so.2",)))],
        (f"/{LIBC} needs libdl.so.2",)),
    "other-program": ([
        *MERGED, *REAL_LOADER, LIBRARY,
        executable("usr/bin/mount", program(f"/{LOADER}", ("libmount.so.1", "libc.so.6")))],
                      ("/usr/bin/mount needs libmount.so.1",)),
    "cut-short": ([*MERGED, *REAL_LOADER, executable(LIBC, program(needed=("libdl.so.2",))[:-8])],
                  (f"/{LIBC} is damaged",)),
    "empty-loader": ([*MERGED, cpio.file(f"usr/{LOADER}", b""), LIBRARY],
                     (f"/usr/{LOADER} is damaged",)),
    "empty-library": ([*MERGED, *REAL_LOADER, cpio.file(LIBC, b"")], (f"/{LIBC} is damaged",)),
    "systemd": ([*SYSTEMD, *REAL_LOADER, CORE, cpio.link("lib64", "usr/lib64")], ()),
    "systemd-without-core": ([*SYSTEMD, *REAL_LOADER, cpio.link("lib64", "usr/lib64")],
                             ("/usr/lib/systemd/systemd needs libcore.so",)),
    "busybox": ([cpio.link("init", "bin/busybox"), cpio.link("bin/sh", "busybox"),
                 executable("bin/busybox", program())], ()),
    "klibc": ([INIT, executable("bin/sh", program("/lib/klibc-abc.so")),
               executable("lib/klibc-abc.so", program())], ()),
    "klibc-without-it": ([INIT, executable("bin/sh", program("/lib/klibc-abc.so"))],
                         ("/bin/sh needs /lib/klibc-abc.so",)),
}


def _check(entries: list[cpio.Entry], wanted: tuple[str, ...]) -> None:
    found = whole.lacks(cpio.pack(entries))
    if len(found) != len(wanted) or not all(text.startswith(want)
                                            for text, want in zip(found, wanted)):
        raise Failed(f"found {found}, wanted {wanted}")


def _two_archives() -> None:
    """A later archive, after zeros, adds to the first and replaces in it."""
    first = cpio.pack([*MERGED, *REAL_LOADER, cpio.link(LIBC, "nothing")])
    if not whole.lacks(first) or whole.lacks(first + b"\0" * 512 + cpio.pack([LIBRARY])):
        raise Failed("the second archive does not count")


def _slashes() -> None:
    """bsdcpio, which mkinitcpio uses, ends the names of folders with a slash."""
    found = cpio.read(cpio.pack([cpio.Entry("usr/", b"", stat.S_IFDIR | 0o755)]))
    if list(found) != ["usr"]:
        raise Failed(f"a folder that ends with a slash is read as {list(found)}")


def _made_again() -> None:
    """One that is not whole is made once more; twice is a failure that tells why."""
    for bad, good in ((0, True), (1, True), (2, False)):
        said: list[str] = []
        made: list[bool] = []

        def make(bad: int = bad, made: list[bool] = made) -> None:
            made.append(len(made) >= bad)
            if not made[-1]:
                raise whole.NotWhole("the image x lacks y")
        try:
            whole.insist(make, said.append)
            ended = True
        except whole.NotWhole:
            raise
        except Failed as error:
            ended = False
            said.append(str(error))
        if ended != good or len(made) != min(bad + 1, 2) or len(said) != bad or not all(
                "lacks y" in s for s in said):
            raise Failed(f"{bad} bad images: ended {ended}, made {made}, said {said}")


CHECKS: dict[str, Callable[[], None]] = {
    **{name: partial(_check, *row) for name, row in IMAGES.items()},
    "two-archives": _two_archives,
    "slashes": _slashes,
    "made-again": _made_again,
}
