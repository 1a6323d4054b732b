# SPDX-License-Identifier: GPL-2.0-or-later
"""A cache of things that are slow to make, each named by a hash of everything it was made from.

An entry is built under a temporary name and renamed, so that a killed run leaves no half entry;
a lock per entry makes two runs at the same time share the work instead of doing it twice.
"""

import ast
import contextlib
import fcntl
import hashlib
import inspect
import os
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from .paths import CACHE

# What was made for a name from other ingredients goes when it was not used for so long, and also
# when so many younger ones are there: whoever changes the sources all day makes gigabytes of
# images. A run that is going on may still need what it used lately.
KEEP_DAYS = 14
KEEP_OTHERS = 2
KEEP_HOURS = 1
# What could not be made in this run: a second case that needs it must not try for minutes again.
_failed: dict[Path, Exception] = {}


def digest(*parts: object) -> str:
    """A short hash of values and of the files that paths among them name (folders: every file
    below)."""
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


def recipe(source: ModuleType | Callable[..., object]) -> str:
    """What a function or a module does, as a part of an entry; comments and layout do not count."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(source)))
    for node in ast.walk(tree):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


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
    """The cached file or folder `kind/name` made from `parts`; `build(path)` makes it when it is
    missing."""
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
    """Remove what was made for the same name from other ingredients and is not likely to be used
    again."""
    now = time.time()

    def used(path: Path) -> float:
        stamp = folder / f".used-{path.name}"
        return (stamp if stamp.exists() else path).stat().st_mtime

    others = sorted((old for old in folder.glob(f"{name}-{'[0-9a-f]' * 16}") if old != current),
                    key=used, reverse=True)
    for number, old in enumerate(others):
        if used(old) < now - (KEEP_HOURS * 3600 if number >= KEEP_OTHERS else KEEP_DAYS * 86400):
            remove(old)
            (folder / f".used-{old.name}").unlink(missing_ok=True)
