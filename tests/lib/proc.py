# SPDX-License-Identifier: GPL-2.0-or-later
"""Running programs on the host, with the output kept for the error message."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .patience import patient


class Failed(Exception):
    """Something the bed needed did not work; the text is for the person at the terminal."""


class Missing(Failed):
    """Something the bed needs is not on this machine: the test is skipped, not failed."""


# A stable environment: the host's locale, PATH shims and compiler flags must not reach the images.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    **{k: v for k, v in os.environ.items()
       if k.lower() in ("http_proxy", "https_proxy", "no_proxy")},
}


# Before a guest's command: it ends with the harness, however that ends.
TIED = ("setpriv", "--pdeathsig", "KILL")


def run(command: Sequence[str | Path], *, log: Path | None = None, stdin: str = "",
        timeout: float = 1800, env: dict[str, str] | None = None) -> str:
    """Run a command to its end and return its output (stdout and stderr as one)."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=patient(timeout),
                              env={**ENVIRONMENT, **(env or {})})
    except FileNotFoundError as error:
        raise Missing(f"{words[0]} is not installed (see tests/packages)") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(
            f"{' '.join(words[:4])} … still running after {patient(timeout):.0f} s") from error
    if log:
        with log.open("a") as out:
            out.write(f"+ {' '.join(words)}\n{done.stdout}")
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise Failed(f"{' '.join(words)[:300]}: exit {done.returncode}\n{tail}")
    return done.stdout
