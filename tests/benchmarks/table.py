# SPDX-License-Identifier: GPL-2.0-or-later
"""The one table that is printed, and how often things are measured for it."""

import os
import statistics
from collections.abc import Sequence

from lib.proc import Failed

LABEL = 41


def runs() -> int:
    """How often each thing is measured."""
    text = os.environ.get("BENCH_RUNS", "3")
    if not text.isdigit() or text == "0":
        raise Failed(f"BENCH_RUNS={text} is not a number from 1 on")
    return int(text)


def note(text: str) -> None:
    """A line about what follows, cut at the width of the table."""
    while text:
        cut = len(text) if len(text) <= 98 else text.rfind(" ", 0, 98)
        print(f"# {text[:cut]}", flush=True)
        text = text[cut:].lstrip()


def head(title: str) -> None:
    print(f"\n{title:<{LABEL}}{'ours':>10}{'theirs':>11}{'':>6}{'ratio':>6}{'goal':>6}  ranges",
          flush=True)


def skip(label: str, why: object) -> None:
    """What cannot be measured, and the first and last line of the reason: the last is what a failed
    command said."""
    lines = [line for line in str(why).splitlines() if line.strip()] or [type(why).__name__]
    if len(lines) == 1 and len(lines[0]) < 46:
        print(f"{label:<{LABEL}}  skipped: {lines[0]}", flush=True)
        return
    print(f"{label:<{LABEL}}  skipped:", flush=True)
    for line in dict.fromkeys((lines[0], lines[-1])):
        note(line[:300])


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f}" if unit == "bytes" else f"{value:.2f}"


def row(label: str, ours: Sequence[float], theirs: Sequence[float] = (), unit: str = "s",
        goal: float = 0) -> None:
    """Medians, what ours is to theirs (below 1 is better), what it should be at most, and from
    where to where the runs went."""
    pair = [statistics.median(values) if values else None for values in (ours, theirs)]
    texts = ["" if value is None else _number(value, unit) for value in pair]
    # What was subtracted can be more than there was.
    ratio = f"{pair[0] / pair[1]:.2f}" if pair[0] is not None and pair[1] and pair[1] > 0 else ""
    ranges = " / ".join(f"{_number(min(values), unit)}-{_number(max(values), unit)}"
                        for values in (ours, theirs) if len(values) > 1 and unit != "bytes")
    wanted = f"{goal:.2f}" if goal else ""
    line = f"{label:<{LABEL}}{texts[0]:>10}{texts[1]:>11} {unit:<5}{ratio:>6}{wanted:>6}  {ranges}"
    print(line.rstrip(), flush=True)
