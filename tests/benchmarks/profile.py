# SPDX-License-Identifier: GPL-2.0-or-later
"""What a boot's console tells of its times, and what they are made of."""

import re
from dataclasses import dataclass

from lib.proc import Failed
from lib.rootfs import NAME


@dataclass(frozen=True)
class Boot:
    """Seconds of the guest's clock."""
    init: float         # the image's first program starts
    mounted: float
    system: float       # the system's own init reports
    # of intact-unlock: what, its start, its end
    steps: tuple[tuple[str, float, float], ...] = ()


def _first(pattern: str, text: str) -> float:
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise Failed(f"the console shows no {pattern!r}")
    return float(found.group(1))


def read(text: str, root: str = r"dm-\d+") -> Boot:
    """What a boot's console tells: the kernel's log has times, and the system on the disk prints
    the rest (lib/report). root: a pattern, the kernel's name of the device that is mounted."""
    steps = []
    for kind, start, length in re.findall(
            rf"^INTACT-TEST-RUN {NAME} step=(\S+) (\d+\.\d+) (\d+\.\d+) ", text, re.MULTILINE):
        steps.append((kind, float(start), float(start) + float(length)))
    return Boot(_first(r"^\[ *(\d+\.\d+)\] Run /init as init", text),
                _first(rf"^\[ *(\d+\.\d+)\] EXT4-fs \({root}\): mounted", text),
                _first(r"^INTACT-TEST-UPTIME (\d+\.\d+)", text), tuple(steps))


def profile(boot: Boot) -> list[str]:
    """What ours does between the image's first program and the mounted root, in lines."""
    before = [step for step in boot.steps if step[0] != "root"]
    if not before:
        return []
    start, end = min(step[1] for step in before), max(step[2] for step in before)
    lines = [f"init until intact-unlock looks for its disk: {start - boot.init:.2f}"]
    lines += [f"{kind}: {since - start:.2f} to {until - start:.2f}"
              for kind, since, until in before if until - since >= 0.005]
    return [*lines, f"open until mounted: {boot.mounted - end:.2f}"]
