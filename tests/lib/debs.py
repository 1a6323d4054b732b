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


def cryptsetup(suite: str = "testing") -> dict[str, Path | bytes]:
    """The cryptsetup of another suite with its own libraries, for a lab guest:
    /lab/new/cryptsetup."""
    root = folder(suite, "cryptsetup-bin", "cryptsetup-bin|lib")
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"))
    libraries = [loader.parent, *(p for p in loader.parent.glob("*") if p.is_dir())]
    program = root / "usr/sbin/cryptsetup"
    listed = run([loader, "--library-path", ":".join(map(str, libraries)), "--list", program])
    files = {f"lab/new/lib/{m.group(1)}": Path(m.group(2)).resolve()
             for m in re.finditer(r"^\s*(\S+) => (/\S+) ", listed, re.MULTILINE)}
    call = b'#!/bin/sh\nexec /lab/new/loader --library-path /lab/new/lib /lab/new/program "$@"\n'
    return {**files, "lab/new/loader": loader.resolve(), "lab/new/program": program,
            "lab/new/cryptsetup": call}
