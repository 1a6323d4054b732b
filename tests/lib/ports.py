# SPDX-License-Identifier: GPL-2.0-or-later
"""Free ports of this machine, for a program that can only be told their numbers."""

import secrets
import socket
import threading

from .proc import Failed

# Below those that connections get: one of them could be taken before the program listens.
_RANGE = range(16384, 32000)

_given: set[int] = set()
_lock = threading.Lock()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int = 1) -> int:
    """Of so many that follow each other, the first. No number is given twice."""
    with _lock:
        for _ in range(1000):
            first = secrets.choice(_RANGE)
            ports = range(first, first + count)
            if _given.isdisjoint(ports) and all(map(_free, ports)):
                _given.update(ports)
                return first
    raise Failed("no free port")
