"""What may lie in the place of a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

IRREGULAR: Mapping[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}
"""Each puts something there that is no file: reading a pipe waits for a writer, a device has no end."""
