"""One HTTP exchange as it went over the wire, which is what the archive stores."""

from __future__ import annotations

from datetime import datetime

import msgspec

_LATIN_1 = "latin-1:"


def as_header_value(validator: str) -> str:
    """The validator as it came, as text in UTF-8; other bytes are surrogates (PEP 383)."""
    if not validator.startswith(_LATIN_1):
        return validator
    return validator.removeprefix(_LATIN_1).encode("latin-1").decode("utf-8", "surrogateescape")


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its response (RFC 9110), with the transfer coding undone."""

    url: str
    """As it was sent: ASCII, with what no request may have quoted; the fragment was not sent."""
    request_headers: tuple[tuple[str, str], ...]
    """Bytes that are not UTF-8 are surrogates (PEP 383)."""
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
        """The ETag or Last-Modified header; `as_header_value` gives back what came. Bytes that are not UTF-8 are read
        as Latin-1, after a mark."""
        value = self._first(name.lower().encode())
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return _LATIN_1 + value.decode("latin-1")

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
