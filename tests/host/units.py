# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit tests: programs in build/tests/unit that print TAP lines."""

import os
import re
import subprocess
import time
from pathlib import Path

from lib.patience import patient
from lib.paths import BUILD
from lib.proc import ENVIRONMENT, Failed, Missing
from lib.suite import Report, Test

UNIT = BUILD / "tests" / "unit"
LINE = re.compile(r"^(not ok|ok)\b(?:\s+\d+)?\s*-?\s*(.*)$")


def _run(program: Path, report: Report, folder: Path) -> None:
    start = time.monotonic()
    name = f"unit/{program.relative_to(UNIT)}"
    log = folder / "output"
    try:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=patient(300), env=ENVIRONMENT,
                              cwd=program.parent, check=False)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        raw = error.stdout or b""
        output = raw.decode(errors="replace") if isinstance(raw, bytes) else raw
        code = -1
    log.write_text(output)
    good = bad = skips = 0
    plan = None
    for line in output.splitlines():
        if re.fullmatch(r"1\.\.\d+", line):
            plan = int(line[3:])
        found = LINE.match(line)
        if not found:
            continue
        what = found.group(2)
        if "# SKIP" in what:
            skips += 1
            title, why = (part.strip() for part in what.split("# SKIP", 1))
            report.end(f"{name}: {title}", 0, Missing(why or "no reason given"))
        elif found.group(1) == "ok":
            good += 1
        else:
            bad += 1
            report.end(f"{name}: {what}", 0, Failed("see the program's output"))
    seconds = time.monotonic() - start
    if code == -1:
        report.end(name, seconds, Failed(f"still running after {patient(300):.0f} s"), log)
    elif (code and not bad) or (plan is not None and plan != good + bad + skips) or not (
            good + bad + skips):
        report.end(name, seconds, Failed(f"exit {code}, {good} ok, {bad} not ok, plan {plan}"), log)
    if good:
        report.end(name, seconds, count=good)


def tests() -> list[Test]:
    programs = [p for p in sorted(UNIT.rglob("test_*")) if p.is_file() and os.access(p, os.X_OK)]
    if not programs:
        def nothing(report: Report, logs: Path) -> None:
            raise Missing("no programs in build/tests/unit (run make check, not tests/run)")
        return [Test("unit/programs", nothing)]
    return [Test(f"unit/{p.relative_to(UNIT)}", lambda report, logs, p=p: _run(p, report, logs),
                 group=(p.name,)) for p in programs]
