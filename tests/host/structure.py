# SPDX-License-Identifier: GPL-2.0-or-later
"""The structure of src/: who includes whom, how long files and functions are, how they are
formatted."""

import re
from pathlib import Path

from lib.paths import REPO
from lib.proc import Failed, run
from lib.suite import Test

SRC = REPO / "src"
FILE_LINES, FUNCTION_LINES = 500, 60
ROW = re.compile(r"^\|\s*(\w+)/\s*\|[^|]*\|\s*([\w ]*)\|$", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# A definition begins in the first column and its body is closed by a brace there.
FUNCTION = re.compile(r"^[A-Za-z_][^\n;{]*?\b(\w+)\([^;{]*\)\n\{\n.*?^\}", re.M | re.S)


def folders() -> dict[str, set[str]]:
    """The table of src/README.md: a folder, and the folders that it may include."""
    text = (SRC / "README.md").read_text()
    table = {row.group(1): set(row.group(2).split()) for row in ROW.finditer(text)}
    if not table:
        raise Failed("src/README.md has no table of folders")
    return table


def includes(root: Path) -> dict[str, list[str]]:
    """Each source file below root, by its path from there, and what it includes in quotes."""
    return {str(path.relative_to(root)): INCLUDE.findall(path.read_text())
            for path in sorted(root.rglob("*.[ch]"))}


def wrong_includes(found: dict[str, list[str]], table: dict[str, set[str]]) -> list[str]:
    """Includes that the table does not allow, and folders that it does not have."""
    faults = []
    for file, names in found.items():
        folder = file.split("/")[0]
        if folder not in table or "/" not in file:
            faults.append(f"{file}: stands in no folder of the table")
            continue
        for name in names:
            target = name.split("/")[0]
            if "/" not in name or name not in found:
                faults.append(f'{file}: "{name}" is not written from src/, or not there')
            elif target != folder and target not in table[folder]:
                faults.append(f'{file}: {folder}/ may not include "{name}"')
    return faults


def circles(graph: dict[str, set[str]]) -> list[str]:
    """A walk for each circle that a depth-first search meets."""
    done: set[str] = set()
    faults: list[str] = []

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            faults.append(" -> ".join([*path[path.index(node):], node]))
            return
        if node in done:
            return
        for target in sorted(graph.get(node, ())):
            visit(target, [*path, node])
        done.add(node)
    for node in sorted(graph):
        visit(node, [])
    return faults


def module_graph(found: dict[str, list[str]]) -> dict[str, set[str]]:
    """X.c and X.h are one file here: what one of them includes, both stand on."""
    graph: dict[str, set[str]] = {}
    for file, names in found.items():
        here = file[:-2]
        graph.setdefault(here, set()).update(name[:-2] for name in names if name[:-2] != here)
    return graph


def folder_graph(found: dict[str, list[str]]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for file, names in found.items():
        here = file.split("/")[0]
        others = {name.split("/")[0] for name in names} - {here}
        graph.setdefault(here, set()).update(others)
    return graph


def long_ones(file: str, text: str) -> list[str]:
    """The file itself, and functions in it, that are too long."""
    faults = []
    lines = text.count("\n")
    if lines > FILE_LINES:
        faults.append(f"{file}: {lines} lines, at most {FILE_LINES}")
    for function in FUNCTION.finditer(text):
        length = function.group(0).count("\n") + 1
        if length > FUNCTION_LINES:
            name = function.group(1)
            faults.append(f"{file}: {name} has {length} lines, at most {FUNCTION_LINES}")
    return faults


def _refuse(faults: list[str]) -> None:
    if faults:
        raise Failed("\n".join(faults))


def _direction() -> None:
    _refuse(wrong_includes(includes(SRC), folders()))


def _circles() -> None:
    found = includes(SRC)
    _refuse(circles(module_graph(found)) + circles(folder_graph(found)))


def _lengths() -> None:
    _refuse([fault for path in sorted(SRC.rglob("*.[ch]"))
             for fault in long_ones(str(path.relative_to(REPO)), path.read_text())])


def _format() -> None:
    names = run(["git", "-C", REPO, "ls-files", "-co", "--exclude-standard", "*.c", "*.h"])
    files = [REPO / name for name in names.splitlines() if (REPO / name).is_file()]
    run(["clang-format", "--dry-run", "-Werror", *files])


def tests() -> list[Test]:
    checks = (("includes", _direction), ("circles", _circles), ("lengths", _lengths),
              ("format", _format))
    return [Test(f"lint/{name}", lambda report, logs, check=check: check())
            for name, check in checks]
