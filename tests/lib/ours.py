# SPDX-License-Identifier: GPL-2.0-or-later
"""What the project itself built: its programs, and what `make install` puts where."""

import functools
import tempfile
from pathlib import Path

from . import cache
from .paths import BUILD, REPO, TESTS
from .proc import Missing, run

UNLOCK = BUILD / "intact-unlock"
TOOL = BUILD / "intact"


def program(path: Path) -> Path:
    """One of our programs; the test is skipped when it has not been built."""
    if not path.exists():
        raise Missing(f"{path.relative_to(REPO)} is not built (run make)")
    return path


@functools.cache
def installed() -> Path:
    """A folder as `make install DESTDIR=…` fills it, asked for once per run."""
    program(UNLOCK)
    program(TOOL)
    with tempfile.TemporaryDirectory() as folder:
        run(["make", "-s", "-C", REPO, "install", f"DESTDIR={folder}", "PREFIX=/usr"])
        return cache.entry("ours", "install", (Path(folder),),
                           lambda path: run(["cp", "-a", folder, path]) and None)


def keys() -> Path:
    """lib/keys.c as a static program for a guest."""
    source = TESTS / "lib/keys.c"
    return cache.entry("ours", "keys", (source,),
                       lambda path: run(["cc", "-static", "-Os", "-o", path, source]) and None)
