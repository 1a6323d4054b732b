# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of any suite, unpacked into a folder: a further kernel, a newer cryptsetup.

Fetched through the machine's own apt, with a state folder of its own, and never installed.
"""

import re
import tempfile
from pathlib import Path

from . import cache, debian
from .proc import Failed, run


def _fetch(suite: str, package: str, wanted: str, path: Path) -> None:
    _, lines = debian.mirror(suite)
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch, "sources.list")
        sources.write_text("\n".join(lines) + "\n")
        apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={sources}", "-o",
               "Dir::Etc::sourceparts=/dev/null", "-o", f"Dir::State={scratch}", "-o",
               f"Dir::Cache={scratch}", "-o", "Dir::State::status=/dev/null", "-o",
               "APT::Sandbox::User=root", "-o", "Acquire::Languages=none"]
        run([*apt, "update"])
        # All that it depends on, as if nothing were installed; of that, what was asked for.
        lines = run([*apt, "-q", "--print-uris", "--no-install-recommends", "install",
                     package]).splitlines()
        files = [line.split()[1] for line in lines if line.startswith("'")]
        names = sorted({name for file in files if re.match(wanted, name := file.split("_")[0])})
        if not names:
            raise Failed(f"{suite}: nothing that {package} depends on is called {wanted}")
        # `download` writes to the working folder.
        run(["env", "-C", scratch, *apt, "download", *names])
        path.mkdir()
        for deb in sorted(Path(scratch).glob("*.deb")):
            run(["dpkg-deb", "-x", deb, path])


def folder(suite: str, package: str, wanted: str = "") -> Path:
    """Of a package and all it depends on, those whose names begin with the pattern `wanted`,
    unpacked."""
    return cache.entry(
        "debs", f"{package}-{suite}",
        (debian.mirror(suite)[0], suite, package, wanted, cache.recipe(_fetch)),
        lambda path: _fetch(suite, package, wanted, path), say=print)


def _program(root: Path, name: str, where: str) -> dict[str, Path | bytes]:
    """A program of unpacked packages with its own libraries, for a lab guest: where/NAME."""
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"), None) or next(
        root.glob("lib/*/ld-linux*.so.*"))
    libraries = [folder for top in ("usr/lib", "lib") for folder in root.glob(f"{top}/*-linux-*")]
    libraries += [below for folder in libraries for below in folder.glob("*") if below.is_dir()]
    program = next(file for top in ("usr/", "") for file in root.glob(f"{top}*bin/{name}"))
    listed = run([loader, "--library-path", ":".join(map(str, libraries)), "--list", program])
    files = {f"{where}/lib/{m.group(1)}": Path(m.group(2)).resolve()
             for m in re.finditer(r"^\s*(\S+) => (/\S+) ", listed, re.MULTILINE)}
    call = (f"#!/bin/sh\nexec /{where}/loader --library-path /{where}/lib "
            f'/{where}/program "$@"\n').encode()
    return {**files, f"{where}/loader": loader.resolve(), f"{where}/program": program,
            f"{where}/{name}": call}


def cryptsetup(suite: str = "testing") -> dict[str, Path | bytes]:
    """The cryptsetup of another suite: /lab/new/cryptsetup."""
    return _program(folder(suite, "cryptsetup-bin", "cryptsetup-bin|lib"), "cryptsetup", "lab/new")


def mkfs_xfs() -> dict[str, Path | bytes]:
    """/lab/xfs/mkfs.xfs."""
    return _program(folder(debian.suite(), "xfsprogs", "xfsprogs|lib"), "mkfs.xfs", "lab/xfs")


def tar() -> dict[str, Path | bytes]:
    """GNU tar: /lab/tar/tar."""
    return _program(folder(debian.suite(), "tar", "tar$|lib"), "tar", "lab/tar")


def strace() -> dict[str, Path | bytes]:
    """/lab/traced/strace."""
    return _program(folder(debian.suite(), "strace", "strace|lib"), "strace", "lab/traced")
