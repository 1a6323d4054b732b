# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of the repository's own files: shell, Python, licence lines, host names."""

import re

from lib.paths import REPO
from lib.proc import Failed, run
from lib.suite import Test

WIDTH = 100
SHELL_LINE = re.compile(rb"^#!\s*(?:/usr)?/bin/(?:env\s+)?(sh|dash|bash|busybox sh|ash)\b")
NO_LICENCE_LINE = re.compile(
    r"(^|/)(LICENSE|COPYING|\.gitignore)$|\.(png|svg|json|txt|bin|lst)$|^tests/data/|"
    r"^tests/fuzz/corpus|^deps/(list|checksums)")
HOST = re.compile(r"[a-z]+://[a-z0-9.-]+\.[a-z]{2,}", re.I)
# Where a URL would be a place the build or the tests go to.
CODE = re.compile(
    r"^(deps/|tests/|Makefile$|\.ci/|initramfs-tools/|dracut/|mkinitcpio/|hooks/|completions/|"
    r"packaging/(?!deb/copyright$))")


def files() -> list[str]:
    """Every file of the repository, committed or about to be."""
    out = run(["git", "-C", REPO, "ls-files", "-co", "--exclude-standard"])
    return [name for name in sorted(set(out.splitlines())) if (REPO / name).is_file()]


def shell_files() -> list[str]:
    found = []
    for name in files():
        head = (REPO / name).read_bytes()[:400]
        if SHELL_LINE.match(head) or b"shellcheck shell=" in head:
            found.append(name)
    return found


def _shell(name: str) -> None:
    path = REPO / name
    head = path.read_bytes()[:400]
    kind = SHELL_LINE.match(head)
    bash = bool(kind and kind.group(1) == b"bash") or b"shellcheck shell=bash" in head
    if not bash:
        run(["dash", "-n", path])
    shell = "bash" if bash else "sh"
    # From the top of the repository, which "shellcheck source=" lines are relative to.
    run(["env", "-C", REPO, "shellcheck", "-x", "-s", shell, name])


def python_files() -> list[str]:
    return [name for name in files() if name.endswith(".py")
            or (REPO / name).read_bytes()[:64].startswith(b"#!/usr/bin/env python3")]


def _python() -> None:
    for name in python_files():
        try:
            compile((REPO / name).read_text(), name, "exec")
        except SyntaxError as error:
            raise Failed(f"{name}: {error}") from error


def too_wide(name: str, text: str) -> list[str]:
    """The lines of a file that are wider than WIDTH, a tab being up to eight columns."""
    return [f"{name}:{number}: {len(line.expandtabs())} columns, at most {WIDTH} wanted"
            for number, line in enumerate(text.splitlines(), 1) if len(line.expandtabs()) > WIDTH]


def _python_width() -> None:
    wide = [line for name in python_files() for line in too_wide(name, (REPO / name).read_text())]
    if wide:
        raise Failed("\n".join(wide))


def _licence() -> None:
    bare = [name for name in files() if not NO_LICENCE_LINE.search(name)
            and b"SPDX-License-Identifier:" not in (REPO / name).read_bytes()[:1500]]
    if bare:
        raise Failed("no SPDX-License-Identifier in: " + " ".join(bare))


def _hosts() -> None:
    found = []
    for name in files():
        if not CODE.match(name):
            continue
        for number, line in enumerate((REPO / name).read_text(errors="replace").splitlines(), 1):
            match = HOST.search(line)
            if match:
                found.append(f"{name}:{number}: {match.group(0)}")
    if found:
        raise Failed("a host name is written down; derive it from the machine's apt:\n"
                     + "\n".join(found))


def _hooks() -> None:
    """A hook is a loop over `intact needs`: short, without eval and sleep."""
    for name in shell_files():
        if not re.match(r"^(initramfs-tools|dracut|mkinitcpio|hooks)/", name):
            continue
        code = [line.split("#")[0] for line in (REPO / name).read_text().splitlines()]
        lines = [line for line in code if line.strip()]
        if len(lines) > 75:
            raise Failed(f"{name}: {len(lines)} lines of code, near 60 wanted")
        for line in lines:
            if re.search(r"(^|[\s;&|])(eval|sleep)\s", line):
                raise Failed(f"{name}: {line.strip()!r}")


def tests() -> list[Test]:
    found = [Test(f"lint/shell:{name}", lambda report, logs, name=name: _shell(name))
             for name in shell_files()]
    for name, check in (("python", _python), ("python-width", _python_width),
                        ("licence-lines", _licence), ("host-names", _hosts), ("hooks", _hooks)):
        found.append(Test(f"lint/{name}", lambda report, logs, check=check: check()))
    return found
