"""Tells whether somebody has asked this process to stop (SIGTERM).

The handler of the signal raises KeyboardInterrupt. If it runs while C code calls Python, for example while DuckDB looks
for a variable in the calling function, the exception is swallowed. So the request is remembered, and the steps look for
it between two pieces of work.
"""

from __future__ import annotations

import signal
from types import FrameType

_asked = False


def listen() -> None:
    """Handle SIGTERM as SIGINT from now on: the append in progress is finished, then the command ends."""
    global _asked  # signals are the process's
    _asked = False
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with SIGINT ignored
    signal.signal(signal.SIGTERM, _ask)


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if the process was asked to stop."""
    if _asked:
        raise KeyboardInterrupt


def _ask(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    signal.raise_signal(signal.SIGINT)
