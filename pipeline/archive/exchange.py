"""One HTTP exchange as it went over the wire, which is what the archive stores."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its response (RFC 9110), with the transfer coding undone."""

    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body_sent: bytes
    """With its content coding, if any."""
    fetched_at: datetime

    def header(self, name: str) -> str | None:
        """The first value of the header, None without one; decoded as UTF-8, which some servers send, else as Latin-1
        (RFC 9110, 5.5)."""
        wanted = name.lower().encode()
        value = next((value for key, value in self.headers if key.lower() == wanted), None)
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")
