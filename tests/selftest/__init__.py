# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the test bed itself: its judgements, on made-up input."""

from lib.suite import Test

from . import bench, guide, logwrites, questions, structure, whole


def tests() -> list[Test]:
    areas = {"questions": questions.CHECKS, "whole": whole.CHECKS,
             "structure": structure.CHECKS, "guide": guide.CHECKS, "bench": bench.CHECKS,
             "logwrites": logwrites.CHECKS}
    checks = {f"{area}/{name}": check for area, found in areas.items()
              for name, check in found.items()}
    return [Test(f"selftest/{name}", lambda report, logs, check=check: check())
            for name, check in checks.items()]
