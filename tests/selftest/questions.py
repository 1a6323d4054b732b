# SPDX-License-Identifier: GPL-2.0-or-later
"""Are questions counted, and not how often a prompt is shown?"""

import os
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lib import questions
from lib.console import Console, Unexpected
from lib.paths import REPO
from lib.proc import Failed

PROMPT = "Please unlock disk root: "
WARNING = "intact: root: warning: the kernel has no authenc\n"
WRONG = "intact: root: warning: wrong passphrase; 2 more attempts\n"
KERNEL = "[   12.345678] device-mapper: table: 254:0: crypt: unknown target\n"

# A row: a name → what a console shows, and how many questions that is.
TEXTS: dict[str, tuple[str, int]] = {
    "none": ("INTACT-LAB-START 1.2\n", 0),
    "plain": (f"{PROMPT}\nintact: root: is open\n", 1),
    "shown-again": (f"{PROMPT}\n{WARNING}{PROMPT}\n", 1),
    "shown-again-twice": (f"{PROMPT}\n{WARNING}{PROMPT}\n{WARNING}{PROMPT}\n", 1),
    "shown-again-below-two-messages": (f"{PROMPT}\n{WARNING}{WARNING}{PROMPT}\n", 1),
    "shown-again-below-long-message": (
        f"{PROMPT}\n{WARNING}        Rebuild the image.\n{PROMPT}\n", 1),
    "second": (f"{PROMPT}\n{WRONG}{PROMPT}\n", 2),
    "second-after-two-messages": (f"{PROMPT}\n{WARNING}{WRONG}{PROMPT}\n", 2),
    "second-shown-again": (f"{PROMPT}\n{WRONG}{PROMPT}\n{WARNING}{PROMPT}\n", 2),
    "second-after-shown-again": (f"{PROMPT}\n{WARNING}{PROMPT}\n{WRONG}{PROMPT}\n", 2),
    "second-without-reason": (f"{PROMPT}\n{PROMPT}\n", 2),
    "second-in-the-same-line": (f"{PROMPT}{PROMPT}\n", 2),
    "second-after-other-text": (f"{PROMPT}\n(initramfs) exit\n{WARNING}{PROMPT}\n", 2),
    "other-volume": (f"{PROMPT}\n{WARNING}{PROMPT.replace('root', 'home')}\n{WARNING}{PROMPT}\n",
                     3),
    "kernel-only": (f"{PROMPT}{KERNEL}{KERNEL}", 1),
    "kernel-before-message": (f"{PROMPT}{KERNEL}\n{WARNING}{PROMPT}\n", 1),
    "kernel-after-message": (f"{PROMPT}\n{WARNING}{KERNEL}{PROMPT}\n", 1),
    "kernel-within-message": (f"{PROMPT}\n{WARNING[:9]}{KERNEL}{WARNING[9:]}{PROMPT}\n", 1),
    "kernel-within-second": (f"{PROMPT}\n{WRONG[:40]}{KERNEL}{WRONG[40:]}{PROMPT}\n", 2),
    "kernel-alone-between": (f"{PROMPT}\n{KERNEL}{PROMPT}\n", 2),
}


def _count(text: str, wanted: int) -> None:
    found = questions.count(text, r"Please unlock disk \S+: ")
    if found != wanted:
        raise Failed(f"{found} questions counted, {wanted} wanted in:\n{text}")


def _dialogue() -> None:
    """An answer is never given to the same question twice, however late the rest of the console's
    text comes."""
    with tempfile.TemporaryDirectory() as folder:
        guest, typed = os.pipe(), os.pipe()
        console = Console(guest[0], typed[1], Path(folder, "log"))
        try:
            os.write(guest[1], PROMPT.encode())
            console.question(PROMPT, 5)
            console.send(b"one\n")
            # The warning was on its way when the answer was given.
            os.write(guest[1], f"\n{WARNING}{PROMPT}\n".encode())
            try:
                console.question(PROMPT, 0.05)
            except Unexpected:
                pass
            else:
                raise Failed("a prompt that was shown again was taken for a question")
            os.write(guest[1], f"{WRONG}{PROMPT}".encode())
            console.question(PROMPT, 5)
        finally:
            console.close()
            for end in (*guest, *typed):
                os.close(end)


def _messages() -> None:
    """Every message of the program that a next question follows is known as one."""
    sources = "\n".join(path.read_text() for path in sorted((REPO / "src").rglob("*.c")))
    found = re.findall(r'\bsay_again\([^"()]*"([^"]*)"', sources)
    if len(found) < 3:
        raise Failed(
            "say_again() is not found in src: what tells there why the next question comes?")
    unknown = [text for text in found
               if not questions.ABOUT_AN_ANSWER.search(f"intact: root: {text}")]
    if unknown:
        raise Failed("lib/questions.py does not know: " + "; ".join(unknown))


CHECKS: dict[str, Callable[[], None]] = {
    **{name: partial(_count, *row) for name, row in TEXTS.items()},
    "dialogue": _dialogue,
    "messages": _messages,
}
