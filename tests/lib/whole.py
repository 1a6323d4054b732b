# SPDX-License-Identifier: GPL-2.0-or-later
"""Does an image hold what its programs cannot run without?

A generator can leave a library out and still end with exit code 0; the boot then stops with "Failed
to execute /init". Here /init, what interprets it, and every program in a folder for programs must
be able to start: its dynamic loader and its libraries, and what those need, are in the image.
"""

import posixpath
import stat
from collections.abc import Callable, Iterator

from . import cpio, elf
from .proc import Failed

PROGRAMS = ("bin", "sbin", "usr/bin", "usr/sbin", "lib/systemd", "usr/lib/systemd", "lib/klibc/bin",
            "usr/lib/klibc/bin", "lib/udev", "usr/lib/udev")
LIBRARIES = ("/lib", "/usr/lib", "/lib64", "/usr/lib64")


class NotWhole(Failed):
    """An image lacks what its programs need to run."""


class Contents:
    """The files of an image as its kernel unpacks them."""

    def __init__(self, archives: bytes) -> None:
        self.files = cpio.read(archives)
        self._elf: dict[str, elf.Elf | None] = {}
        folders = {posixpath.dirname(name) for name in self.files}
        self.libraries = [*LIBRARIES,
                          *sorted(f"/{name}" for name in folders if name.endswith("-linux-gnu"))]

    def resolve(self, path: str) -> str | None:
        """The name of the file that a path means, links followed; None when there is none."""
        todo, done = [part for part in reversed(path.split("/")) if part], ""
        for _ in range(200):
            if not todo:
                return done if done in self.files else None
            part = todo.pop()
            if part == ".":
                continue
            if part == "..":
                done = posixpath.dirname(done)
                continue
            name = posixpath.join(done, part)
            entry = self.files.get(name)
            if not entry:
                return None
            if not stat.S_ISLNK(entry.mode):
                done = name
                continue
            target = entry.data.decode()
            if target.startswith("/"):
                done = ""
            todo += [word for word in reversed(target.split("/")) if word]
        return None

    def elf(self, name: str) -> elf.Elf | None:
        if name not in self._elf:
            self._elf[name] = elf.read(self.files[name].data)
        return self._elf[name]

    def library(self, name: str, needs: str, paths: tuple[str, ...]) -> str | None:
        """The file that the loader takes for a library that the file `needs` asks for."""
        if "/" in name:
            return self.resolve(name)
        origin = "/" + posixpath.dirname(needs)
        own = [path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for path in paths]
        return next((found for folder in (*own, *self.libraries)
                     if (found := self.resolve(f"{folder}/{name}"))), None)


def _programs(image: Contents) -> Iterator[str]:
    folders = {found for name in PROGRAMS if (found := image.resolve(name))}
    for name, entry in image.files.items():
        if posixpath.dirname(name) in folders and stat.S_ISREG(entry.mode) and entry.mode & 0o111:
            yield name


def _interpreter(data: bytes) -> str:
    """What a script's first line names; "" when it is no script."""
    if not data.startswith(b"#!"):
        return ""
    words = data[2:].split(b"\n", 1)[0].decode(errors="replace").split()
    return words[0] if words else ""


def _links(image: Contents, program: str) -> Iterator[str]:
    """What a program or one of its libraries asks for in vain: the loader's own walk, breadth
    first."""
    loaded: dict[str, str] = {}
    todo = [program]
    for name in todo:
        try:
            file = image.elf(name)
        except ValueError as error:
            yield f"/{name} is damaged: {error}"
            continue
        if name == program:
            if not file or not file.interpreter:
                return          # a script, a static program, or a library among the programs
            loader = image.resolve(file.interpreter)
            if not loader:
                yield f"/{name} needs {file.interpreter}, which is not in the image"
            else:
                todo.append(loader)
        elif not file:
            yield f"/{name} is damaged: it is no ELF file"
            continue
        for library in file.needed:
            if library in loaded:       # wherever it was found: it is not looked for again
                continue
            found = image.library(library, name, file.paths)
            if found:
                loaded[library] = found
                todo.append(found)
            else:
                yield f"/{name} needs {library}, which is not in the image"


def lacks(archives: bytes) -> list[str]:
    """What is missing, a line for each; nothing when the image is whole."""
    image = Contents(archives)
    missing: list[str] = []
    name, by = "/init", "the kernel"
    chain: list[str] = []       # /init, and what interprets it
    while name:
        found = image.resolve(name)
        if not found:
            missing.append(f"{by} needs {name}, which is not in the image")
            break
        if found in chain:
            missing.append(f"/{found} is a script that interprets itself")
            break
        chain.append(found)
        name, by = _interpreter(image.files[found].data), f"/{found}"
    for program in dict.fromkeys((*chain, *_programs(image))):
        missing += _links(image, program)
    return list(dict.fromkeys(missing))


def insist(make: Callable[[], None], say: Callable[[str], None]) -> None:
    """Make an image, and once more when it is not whole: dracut-install may die unnoticed, but
    seldom twice in turn."""
    try:
        make()
    except NotWhole as error:
        say(f"# {error}\n# It is made once more.")
        try:
            make()
        except NotWhole as again:
            raise Failed(f"{again}\nIt was made twice, and neither image was whole.") from again
