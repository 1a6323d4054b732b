# SPDX-License-Identifier: GPL-2.0-or-later
"""The guides of doc/ as scripts: what a person would copy from the page, in its order.

A block that begins with "```sh" is always run, one that begins with "```sh WORD" where that word
was chosen. Other blocks are not for a shell. The block that ends with `reboot` ends the first
part; what follows it is typed into the new system.
"""

import re
from dataclasses import dataclass

from .paths import REPO
from .proc import Failed, run

_FENCE = re.compile(r"^```(\S*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r"^([A-Z]+)=.*$", re.MULTILINE)
_SETTINGS = re.compile(r"(?:[A-Z]+=.*\n)+")      # a block of nothing else


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""
    language: str
    word: str
    text: str


def blocks(name: str, text: str = "") -> list[Block]:
    """All blocks of doc/guide-NAME.md, or of a text."""
    text = text or (REPO / f"doc/guide-{name}.md").read_text()
    found = [Block(match[1], match[2] or "", match[3]) for match in _FENCE.finditer(text)]
    fences = len(re.findall(r"^\s*```", text, re.MULTILINE))
    if fences != 2 * len(found):
        raise Failed(f"the guide {name} has {fences} fences, which are not {len(found)} blocks")
    return found


def shell(name: str, choices: tuple[str, ...], settings: dict[str, str],
          text: str = "") -> list[str]:
    """The blocks for a shell, with the settings of this machine in the place of the page's (in
    blocks of nothing but settings). One that is not given, or that the page has not, is an error:
    it would be run as on the page, or not at all."""
    every = [block for block in blocks(name, text) if block.language == "sh"]
    unknown = set(choices) - {block.word for block in every}
    if unknown:
        raise Failed(f"the guide {name} has no block for {' '.join(sorted(unknown))}")
    chosen = [block.text for block in every if not block.word or block.word in choices]
    seen = set()

    def replace(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise Failed(f"the test does not say what {match[1]} of the guide {name} is here")
        seen.add(match[1])
        return f"{match[1]}={settings[match[1]]}"
    done = [_SETTING.sub(replace, block) if _SETTINGS.fullmatch(block) else block
            for block in chosen]
    if settings.keys() - seen:
        raise Failed(f"the guide {name} has no {' '.join(sorted(settings.keys() - seen))}=")
    return done


def replaced(parts: list[str], start: str, other: list[str]) -> list[str]:
    """The parts of one page, with what another page has in the place of the one that has this
    command."""
    places = [number for number, part in enumerate(parts) if commands([part], start)]
    if len(places) != 1 or not commands(other, start):
        raise Failed(f"{len(places)} blocks of a guide have the command {start}, and in its place "
                     f"would come {other}")
    return [*parts[:places[0]], *other, *parts[places[0] + 1:]]


def halves(parts: list[str]) -> tuple[list[str], list[str]]:
    """What is run before the machine starts the new system, with the block that ends with that, and
    what after."""
    ends = [number for number, part in enumerate(parts, 1) if part.endswith("\nreboot\n")]
    if len(ends) != 1:
        raise Failed(f"{len(ends)} blocks of a guide end with reboot, one is wanted")
    return parts[:ends[0]], parts[ends[0]:]


def _lines(parts: list[str]) -> list[str]:
    """The parts, each command in one line."""
    return re.sub(r"\\\n\s*", " ", "".join(parts)).splitlines()


def commands(parts: list[str], start: str) -> list[str]:
    """The commands that begin with these words, each in one line."""
    return [line for line in _lines(parts) if line.startswith(f"{start} ")]


def words(parts: list[str], start: str) -> list[list[str]]:
    """The same, each as a shell splits it: the words behind those with which it begins."""
    settings = "".join(part for part in parts if _SETTINGS.fullmatch(part))
    return [run(["sh", "-c", f"{settings}set -- {command.removeprefix(start)}\n"
                             "printf '%s\\n' \"$@\""]).splitlines()
            for command in commands(parts, start)]


def counted(name: str, parts: list[str], wanted: dict[str, int]) -> None:
    """Each command that a test runs in another way than the page is there as often as it knows."""
    lines = [line.split() for line in _lines(parts)]
    for command, count in wanted.items():
        found = sum(line[:1] == [command] for line in lines)
        if found != count:
            raise Failed(f"the guide {name} has the command {command} {found} times; the test has "
                         f"something else for {count}")


def script(parts: list[str], before: str, last: str = "") -> str:
    """Shell that runs the parts and stops at the first failure. `before` comes first, `last` before
    the last part."""
    lines = ["set -eu", before, "set -x"]
    for number, part in enumerate(parts, 1):
        if number == len(parts):
            lines.append(last)
        lines += [f": block {number}", part]
    return "\n".join(lines)
