# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the test bed waits before it gives up.

Every time-out in the test bed is only a safety net: the seconds written beside a step are enough on
an idle machine. A busy or slow machine needs more, so each is multiplied by one factor. A run that
passes never waits for it.
"""

import os

FACTOR = float(os.environ.get("INTACT_PATIENCE") or 4)


def patient(seconds: float) -> float:
    """The time-out to use where so many seconds are enough on an idle machine."""
    return seconds * FACTOR
