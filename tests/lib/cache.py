# SPDX-License-Identifier: GPL-2.0-or-later
"""A cache of things that are slow to make, each named by a hash of everything it was made from.

An entry is built under a temporary name and renamed, so that a killed run leaves no half entry;
a lock per entry makes two runs at the same time share the work instead of doing it twice.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .paths import CACHE

KEEP_DAYS = 14
# What could not be made in this run: a second case that needs it must not try for minutes again.
_failed: dict[Path, Exception] = {}


def digest(*parts: object) -> str:
    """A short hash of values and of the files that paths among them name (folders: every file below)."""
    state = hashlib.sha256()

    def add(text: bytes) -> None:
        state.update(len(text).to_bytes(8, "big") + text)

    for part in parts:
        if isinstance(part, Path):
            files = sorted(p for p in part.rglob("*")) if part.is_dir() else [part]
            for file in files:
                add(str(file.relative_to(part)).encode())
                if file.is_symlink():
                    add(os.readlink(file).encode())
                elif file.is_file():
                    add(oct(file.stat().st_mode & 0o111).encode())
                    add(file.read_bytes())
        else:
            add(repr(part).encode())
    return state.hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file beside what is being made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def entry(kind: str, name: str, parts: tuple, build: Callable[[Path], None],
          say: Callable[[str], None] | None = None) -> Path:
    """The cached file or folder `kind/name` made from `parts`; `build(path)` makes it when it is missing."""
    folder = CACHE / kind
    path = folder / f"{name}-{digest(name, *parts)}"
    if path in _failed:
        raise _failed[path]
    if not path.exists():
        with locked(folder / f".{name}.lock"):
            if not path.exists():
                if path in _failed:
                    raise _failed[path]
                if say:
                    say(f"# making {kind}/{name}")
                start = time.monotonic()
                temporary = folder / f".new-{path.name}"
                remove(temporary)
                try:
                    build(temporary)
                except Exception as error:
                    _failed[path] = error
                    remove(temporary)
                    raise
                temporary.rename(path)
                prune(folder, name, path)
                if say:
                    say(f"# made {kind}/{name} in {time.monotonic() - start:.0f} s")
    (folder / f".used-{path.name}").touch()
    return path


def prune(folder: Path, name: str, current: Path) -> None:
    """Remove what was made for the same name from other ingredients and not used for a while."""
    limit = time.time() - KEEP_DAYS * 86400
    for old in folder.glob(f"{name}-{'[0-9a-f]' * 16}"):
        stamp = folder / f".used-{old.name}"
        used = stamp.stat().st_mtime if stamp.exists() else old.stat().st_mtime
        if old != current and used < limit:
            remove(old)
            stamp.unlink(missing_ok=True)
