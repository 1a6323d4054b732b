# SPDX-License-Identifier: GPL-2.0-or-later
"""The digest of all integrity tags (intact-fresh(7)): how long a boot reads for it.

The disk is a file with dm-integrity's real layout, sparse but for superblock, journal and tags; it
is read past the page cache. Reading grows with the number of runs of tags, so larger disks are
scaled from it.
"""

import tempfile
from pathlib import Path

from lib.paths import BUILD
from lib.proc import run

from . import table

TAGS_TIME = BUILD / "tests/tags-time"
GIB = 32
SIZES = (256, 2000)         # GB


def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        said = run([TAGS_TIME, Path(folder, "disk"), str(GIB)]).split()
    return {name: float(value) for name, _, value in (word.partition("=") for word in said)}


def bench(runs: int) -> None:
    table.head("Digest of the integrity tags")
    found = [_measure() for _ in range(runs)]
    table.row(f"{GIB} GiB: {found[0]['bytes'] / 1e6:.0f} MB read", [one["wall"] for one in found])
    table.row("  processor time", [one["cpu"] for one in found])
    for size in SIZES:
        factor = size * 1e9 / (GIB << 30)
        table.row(f"scaled to {size} GB", [one["wall"] * factor for one in found])
