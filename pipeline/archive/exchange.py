"""One HTTP exchange as it went over the wire, which is what the archive stores."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its response (RFC 9110), with the transfer coding undone."""

    url: str
    """As it was sent: ASCII, with what no request may have quoted; the fragment was not sent."""
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body_sent: bytes
    """With its content coding, if any."""
    fetched_at: datetime

    def location(self) -> str | None:
        """The Location header. Bytes that are not UTF-8 are escaped, so the server gets back the bytes that it sent."""
        value = self._first(b"location")
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in value)

    def validator(self, name: str) -> str | None:
        """The ETag or Last-Modified header, to be sent back as it came; None for bytes that are not UTF-8, which cannot
        be sent."""
        value = self._first(name.lower().encode())
        try:
            return None if value is None else value.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def header(self, name: str) -> str | None:
        """The first value of the header, None without one; decoded as UTF-8, which some servers send, else as Latin-1
        (RFC 9110, 5.5)."""
        value = self._first(name.lower().encode())
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def _first(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key.lower() == name), None)
