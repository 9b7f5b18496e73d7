"""Files on this machine's disk that somebody else may have written or put in place of ours."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import BinaryIO

IRREGULAR = "is no regular file"


def require_regular(path: Path) -> None:
    """Raises OSError if there is a folder, a pipe, a socket or a device, some of which would be waited for or read for
    ever; FileNotFoundError if there is nothing."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EPERM, IRREGULAR, str(path))


def open_regular(path: Path) -> BinaryIO:
    """The file, to be read. Raises OSError, also for what is no regular file."""
    require_regular(path)
    return path.open("rb")


def file_state(path: Path) -> str:
    """The state of the file, another one once it is written or replaced; empty if it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"
