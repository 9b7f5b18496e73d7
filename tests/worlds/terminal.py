"""A command on a real pseudo-terminal: what a person types and sees."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from select import select
from time import monotonic

LINES, COLUMNS = 40, 120
PATIENCE_SECONDS = 60
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
"""What prompt_toolkit and DuckDB send for colours and the place of the cursor."""


class Terminal:
    """The side of the terminal where the person is."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid = pid
        self._descriptor = descriptor
        self._unread = ""
        self._status: int | None = None

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def see(self, text: str) -> str:
        """Wait until the text is on the terminal; return everything since the last call up to its end."""
        deadline = monotonic() + PATIENCE_SECONDS
        while text not in (shown := _SEQUENCE.sub("", self._unread)):
            ready, _, _ = select([self._descriptor], [], [], max(0, deadline - monotonic()))
            assert ready, f"not seen: {text!r}; but: {shown!r}"
            read = self._read()
            assert read, f"the command has ended; not seen: {text!r}; but: {shown!r}"
            self._unread += read
        end = shown.index(text) + len(text)
        self._unread = shown[end:]
        return shown[:end]

    def wait(self) -> int:
        """The exit status of the command, after everything that it wrote was read."""
        while self._status is None:
            if not self._read():
                _, status = os.waitpid(self._pid, 0)
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def _read(self) -> str:
        try:
            return os.read(self._descriptor, 65_536).decode("utf-8", "replace")
        except OSError:  # Linux: the other side is closed
            return ""


@contextmanager
def terminal(*command: object, env: Mapping[str, str]) -> Iterator[Terminal]:
    """Run the command on a terminal of `LINES` by `COLUMNS` that does not answer questions about its cursor."""
    settings = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **env}
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execvpe(str(command[0]), [*map(str, command)], settings)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    opened = Terminal(pid, descriptor)
    try:
        yield opened
    finally:
        os.close(descriptor)
        opened.wait()
