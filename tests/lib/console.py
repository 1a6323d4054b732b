# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest's serial console: everything is logged with times, text is waited for and sent."""

import bisect
import os
import re
import select
import time
from pathlib import Path

from . import questions
from .patience import patient
from .proc import Failed

# Terminal control sequences (colours, cursor moves, OSC strings) that would get between the words.
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[78=>c])")


class Unexpected(Failed):
    """The console did not show what the test waits for."""


class Console:
    """Reads one file descriptor and writes another; remembers all text and when each line began."""

    def __init__(self, source: int, sink: int, log: Path) -> None:
        self.source, self.sink = source, sink
        self.start = time.monotonic()
        self.text = ""             # all that came, without escapes and carriage returns
        self.mark = 0              # where the next expect() starts to look
        self.ended = False
        # a callable that sees the raw bytes as they arrive (the demo's terminal)
        self.echo = None
        self._pending = b""        # an unfinished escape sequence
        self._log = log.open("w", buffering=1)
        self._line_open = False
        # (length of the text before, time) of what came
        self._arrivals: list[tuple[int, float]] = []
        self.log_path = log

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def when(self, position: int) -> float:
        """The time at which the text at that position came in."""
        index = bisect.bisect_right(self._arrivals, (position, float("inf"))) - 1
        return self._arrivals[max(index, 0)][1]

    def _write_log(self, text: str) -> None:
        for piece in text.splitlines(keepends=True):
            if not self._line_open:
                self._log.write(f"[{self.elapsed():8.2f}] ")
            self._log.write(piece)
            self._line_open = not piece.endswith("\n")

    def note(self, text: str) -> None:
        """A line of the harness's own in the log."""
        self._log.write(("\n" if self._line_open else "") + f"[{self.elapsed():8.2f}] ## {text}\n")
        self._line_open = False

    def pump(self, seconds: float) -> bool:
        """Read what comes within that time; false when nothing came."""
        if self.ended:
            return False
        ready, _, _ = select.select([self.source], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            data = os.read(self.source, 65536)
        except OSError:            # a pty whose other side is gone
            data = b""
        if not data:
            self.ended = True
            return False
        if self.echo:
            self.echo(data)
        data = self._pending + data
        self._pending = b""
        tail = data.rfind(b"\x1b", max(0, len(data) - 16))
        if tail >= 0 and not _ESCAPES.match(data[tail:].decode("latin-1")):
            data, self._pending = data[:tail], data[tail:]
        text = _ESCAPES.sub("", data.decode("utf-8", "replace")).replace("\r", "")
        self._arrivals.append((len(self.text), self.elapsed()))
        self.text += text
        self._write_log(text)
        return True

    def expect(self, want: str, timeout: float, unless: str = "") -> re.Match[str]:
        """Wait for a regular expression in what came since the last match.

        `unless` names what makes waiting pointless (a panic, a shell): it fails at once. The
        time-out is in seconds of an idle machine.
"""
        timeout = patient(timeout)
        deadline = time.monotonic() + timeout
        good = re.compile(want, re.MULTILINE)
        bad = re.compile(unless, re.MULTILINE) if unless else None
        while True:
            found = good.search(self.text, self.mark)
            wrong = bad.search(self.text, self.mark) if bad else None
            if wrong and (not found or wrong.start() < found.start()):
                raise Unexpected(f"saw {wrong.group(0)!r} while waiting for {want!r}")
            if found:
                self.mark = found.end()
                self.note(f"saw {want!r}")
                return found
            if self.ended:
                raise Unexpected(f"the guest ended before {want!r}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unexpected(f"no {want!r} within {timeout:.0f} s")
            self.pump(min(left, 1.0))

    def question(self, prompt: str, timeout: float, unless: str = "") -> re.Match[str]:
        """Wait for a prompt that asks something new: not for one that is shown again after a
        message."""
        while True:
            found = self.expect(prompt, timeout, unless)
            if questions.is_new(self.text, found):
                return found
            self.note("the same question, shown again")

    def send(self, data: bytes | str) -> None:
        """Type something. It is not logged: what is typed here is often a passphrase."""
        raw = data.encode() if isinstance(data, str) else data
        self.note(f"sent {len(raw)} bytes")
        # A serial port has a small input queue: long input goes in pieces the guest can keep up
        # with.
        for at in range(0, len(raw), 16):
            os.write(self.sink, raw[at:at + 16])
            if len(raw) > 16:
                self.pump(0.05)

    def wait_end(self, timeout: float) -> bool:
        """Read until the guest closes its console; false at the deadline."""
        deadline = time.monotonic() + patient(timeout)
        while not self.ended and time.monotonic() < deadline:
            self.pump(min(1.0, deadline - time.monotonic()))
        return self.ended

    def close(self) -> None:
        if self._line_open:
            self._log.write("\n")
        self._log.close()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.text.splitlines()[-lines:])
