"""One HTTP exchange, as it went over the wire: what the archive stores."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its response, as they went over the wire (RFC 9110), transfer coding undone."""

    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body_sent: bytes
    """With its content coding."""
    fetched_at: datetime

    def header(self, name: str) -> str | None:
        """The header's first value; UTF-8 where it is that, as some servers send, else Latin-1 (RFC 9110, 5.5)."""
        wanted = name.lower().encode()
        value = next((value for key, value in self.headers if key.lower() == wanted), None)
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")
