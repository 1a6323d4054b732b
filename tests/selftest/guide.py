# SPDX-License-Identifier: GPL-2.0-or-later
"""The extractor of the guides finds what would not be run as a page says; and the pages
themselves, as far as they can be judged without running them."""

import re
from collections.abc import Callable

from lib import guide
from lib.paths import REPO
from lib.proc import Failed, run

PAGE = """# A page

```sh
DISK=/dev/sdX           # the disk
```

```sh
cat > file <<END
UUID=x /
END
load a \\
	"$DISK"
```

```sh other
load b
```

```text
not for a shell
```

```sh
umount
reboot
```

```sh
status
```
"""


def _refused(what: str, call: Callable[[], object]) -> None:
    try:
        call()
    except Failed:
        return
    raise Failed(f"{what} is not noticed")


def _replaced() -> None:
    parts = guide.shell("x", (), {"DISK": "/dev/y"}, PAGE)
    done = guide.replaced(parts, "load", ["before\nload c\n"])
    if [len(done), *guide.words(done, "load")] != [len(parts), ["c"]] or "UUID" in "".join(done):
        raise Failed(f"a page became {done}")
    _refused("another page without the command", lambda: guide.replaced(parts, "load", ["c\n"]))
    _refused("a page without it", lambda: guide.replaced(parts, "store", ["store\n"]))


def _counted() -> None:
    parts = guide.shell("x", (), {"DISK": "/dev/y"}, PAGE)
    guide.counted("x", parts, {"load": 1, "reboot": 1, "b": 0})
    _refused("a command that is gone", lambda: guide.counted("x", parts[:1], {"load": 1}))
    _refused("one more", lambda: guide.counted("x", [*parts, "reboot\n"], {"reboot": 1}))


def _good() -> None:
    parts = guide.shell("x", (), {"DISK": "/dev/y"}, PAGE)
    before, after = guide.halves(parts)
    if len(before) != 3 or after != ["status\n"] or "UUID=x /" not in before[1]:
        raise Failed(f"a page became {parts}")
    if guide.words(parts, "load") != [["a", "/dev/y"]]:
        raise Failed(f"the words of a command became {guide.words(parts, 'load')}")
    if len(guide.shell("x", ("other",), {"DISK": "y"}, PAGE)) != 5:
        raise Failed("a block that was chosen is not there")


def _bad() -> None:
    known = {"DISK": "y"}
    _refused("a word without a block", lambda: guide.shell("x", ("no",), known, PAGE))
    _refused("a setting that is not given", lambda: guide.shell("x", (), {}, PAGE))
    _refused("a setting that the page has not",
             lambda: guide.shell("x", (), {**known, "MORE": "z"}, PAGE))
    _refused("a block without an end", lambda: guide.blocks("x", PAGE + "```sh\nlost\n"))
    _refused("a page without a restart",
             lambda: guide.halves(guide.shell("x", (), known, PAGE.replace("reboot", ""))))


def _pages() -> None:
    """Each page is linked from README, installed and a shell's; a page's links lead somewhere."""
    readme = (REPO / "README.md").read_text()
    made = (REPO / "Makefile").read_text()
    for path in sorted((REPO / "doc").glob("guide-*.md")):
        if f"(doc/{path.name})" not in readme:
            raise Failed(f"README.md does not link {path.name}")
        if path.stem.removeprefix("guide-") not in re.search(r"GUIDES := (.*)", made)[1].split():
            raise Failed(f"{path.name} is not in GUIDES of the Makefile")
        text = path.read_text()
        version = re.search(r"(?m)^VERSION := (.*)", made)[1]
        for named in re.findall(r"\bintact(?:-dracut)?[-_](\d[\d.]*\d)", text):
            if named != version:
                raise Failed(f"{path.name} names the package of version {named}")
        for block in guide.blocks(path.name, text):
            if block.language not in ("sh", "text"):
                raise Failed(f"{path.name} has a block of {block.language or 'nothing'}")
            if block.language == "sh":
                run(["dash", "-n"], stdin=block.text)
        headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                    for line in text.splitlines() if line.startswith("#")}
        for link in re.findall(r"\]\(([^)]*)\)", text):
            file, _, anchor = link.partition("#")
            if file and not (path.parent / file).exists() or not file and anchor not in headings:
                raise Failed(f"{path.name}: the link {link} leads nowhere")
        wide = [line for line in text.splitlines() if len(line.expandtabs()) > 100]
        if wide:
            raise Failed(f"{path.name}: wider than 100 columns: {wide[0]}")


CHECKS = {"good": _good, "bad": _bad, "replaced": _replaced, "counted": _counted,
          "pages": _pages}
