# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests as the runner sees them: a name, what to do, and how it ended."""

import fnmatch
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import rarely
from .paths import LOGS, REPO
from .proc import Failed, Missing

MUST_RUN = os.environ.get("MUST_RUN", "") not in ("", "0")


@dataclass
class Test:
    """One test, or a group that runs together and reports each by itself through `Report.end`."""
    name: str                                   # area/name
    run: Callable[["Report", Path], None]       # gets the report and a folder for logs
    group: tuple[str, ...] = ()                 # names that a group reports itself
    needs: tuple[Callable[[], object], ...] = ()     # slow things to be made before, each once
    waits: bool = False                         # mostly sleeps, so that it takes no worker


@dataclass
class Report:
    """Prints a line per test and counts."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        with self._lock:
            print(text, flush=True)

    def end(self, name: str, seconds: float, error: BaseException | None = None,
            log: Path | None = None, count: int = 1) -> None:
        """A test is over. A Missing is a skip, any other error a failure."""
        with self._lock:
            if error is None:
                self.passed += count
                print(f"ok {name} ({seconds:.0f} s)" if count == 1
                      else f"ok {name} ({count} tests)", flush=True)
            elif isinstance(error, Missing) and not MUST_RUN:
                self.skipped += 1
                print(f"skip {name} {str(error).splitlines()[0]}", flush=True)
            else:
                self.failed += 1
                print(f"FAIL {name} ({seconds:.0f} s)", flush=True)
                text = str(error) if isinstance(error,
                                                Failed) else f"{type(error).__name__}: {error}"
                print("\n".join(f"    {line}" for line in text.splitlines()))
                if log and log.exists():
                    print(f"    log: {os.path.relpath(log, REPO)}; its last lines:")
                    lines = log.read_text(errors="replace").splitlines()[-40:]
                    print("\n".join(f"    | {line}" for line in lines))
                sys.stdout.flush()

    def total(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def matches(name: str, pattern: str) -> bool:
    """By a part of the name, or by a shell pattern. No pattern means `make check`."""
    if not pattern:
        return not rarely.leaves_out(name)
    return pattern in name or fnmatch.fnmatch(name, pattern)


def _prepare(report: Report, tests: list[Test], workers: int) -> None:
    """Make what the tests need, each thing once, in parallel. What fails here fails again in its
    test."""
    todo = {getattr(need, "key", repr(need)): need for test in tests for need in test.needs}

    def attempt(key: str) -> None:
        start = time.monotonic()
        try:
            todo[key]()
        except Exception:       # noqa: BLE001 - reported by every test that needs it
            pass
        if time.monotonic() - start > 5:
            report.say(f"# {key} ready after {time.monotonic() - start:.0f} s")
    # In the order of their ranks: a disk needs a tree, an image made in a guest needs a disk.
    for rank in sorted({getattr(need, "rank", 0) for need in todo.values()}):
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(attempt,
                          [key for key, need in todo.items() if getattr(need, "rank", 0) == rank]))


@dataclass(frozen=True)
class Need:
    """Something slow that has to be there before a test runs."""
    key: str
    make: Callable[[], object]
    rank: int = 1

    def __call__(self) -> object:
        return self.make()


def run(report: Report, tests: list[Test], workers: int) -> None:
    """Run tests, `workers` at a time, and beside them those that mostly wait."""
    waiting = [test for test in tests if test.waits]
    working = [test for test in tests if not test.waits]

    def one(test: Test) -> None:
        folder = LOGS / test.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()
        log = folder / "serial.log"
        start = time.monotonic()
        error: BaseException | None = None
        try:
            test.run(report, folder)
        except Exception as caught:      # noqa: BLE001 - a broken test is a failed test
            error = caught
        seconds = time.monotonic() - start
        if test.group:
            if error:
                report.end(test.name, seconds, error, log)
        else:
            report.end(test.name, seconds, error, log)
        for name in ("marker", "lab.cpio"):
            (folder / name).unlink(missing_ok=True)

    _prepare(report, waiting, workers)
    with ThreadPoolExecutor(len(waiting) + 1) as beside, ThreadPoolExecutor(workers) as pool:
        waited = [beside.submit(one, test) for test in waiting]
        _prepare(report, working, workers)
        list(pool.map(one, working))
        for test in waited:
            test.result()
