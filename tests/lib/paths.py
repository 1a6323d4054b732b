# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: the repository, what `make` built, the cache, the logs, memory."""

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TESTS = REPO / "tests"
BUILD = Path(os.environ.get("INTACT_BUILD", REPO / "build"))
LOGS = BUILD / "tests" / "logs"

CACHE = Path(
    os.environ.get("INTACT_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "intact"
) / "tests"

# For files that are synced at each write, as a folder to make temporary ones in (None: the usual
# one). swtpm answers only after that. On a disk that others write gigabytes to, this takes half a
# minute, which no TPM does.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
