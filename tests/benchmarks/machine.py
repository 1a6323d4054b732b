# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine that the figures are of, and what else it is doing."""

import os
import platform
import re
from pathlib import Path

from lib import debian, ours
from lib.proc import run

from . import table

# More than that, and something else runs beside what is measured.
QUIET = 0.5


def _cpu() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _memory() -> str:
    found = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return f"{int(found.group(1)) / 1048576:.0f} GiB" if found else "unknown memory"


def _large_pages() -> str:
    try:
        text = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
    except OSError:
        return "none"
    found = re.search(r"\[(\w+)\]", text)
    return found.group(1) if found else "unknown"


def version(name: str, *packages: str) -> str:
    """Those of a tree's packages that are installed in it, with their versions."""
    status = debian.tree(name).find("/var/lib/dpkg/status")
    blocks = status.read_text().split("\n\n") if status else []
    found = {}
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines()
                      if re.match(r"[A-Z][\w-]*: ", line))
        if fields.get("Status", "").endswith(" installed"):
            found[fields["Package"]] = fields["Version"]
    return ", ".join(f"{package} {found[package]}" for package in packages if package in found)


def describe(runs: int) -> None:
    load = os.getloadavg()[0]
    mine = run([ours.program(ours.TOOL), "--version"]).split("\n")[0]
    table.note(
        f"{_cpu()}, {os.cpu_count()} CPUs ({len(os.sched_getaffinity(0))} for us), {_memory()}, "
        f"kernel {platform.release()}, transparent huge pages: {_large_pages()}")
    table.note(
        f"{mine}; theirs: Debian {debian.suite()}, "
        f"{version('debian', 'cryptsetup-bin', 'libargon2-1', 'libssl3', 'libssl3t64')}")
    table.note(
        f"runs of each: {runs}, ours and theirs in turn; medians; load average at the start: "
        f"{load:.2f}")
    if load > QUIET:
        table.note(
            "WARNING: the machine is busy with something else: these numbers are not worth much")
