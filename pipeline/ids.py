"""Identities: digests and ids that are the same wherever and whenever they are computed.

The rules must not change, because a changed rule would give known things new ids.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.canonical_urls import canonical_url

_MARKS = 0xF << 76 | 0x3 << 62
"""The bits of a UUID that say its version and variant (RFC 9562, 4)."""


def article_id(url: str) -> UUID:
    """The id of the article at this URL, made from its canonical URL without scheme, `www.` and trailing slash."""
    _, _, rest = canonical_url(url).partition("://")
    return name_uuid("article", rest.removeprefix("www.").rstrip("/"))


def digest(data: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def text_digest(headline: str | None, lead: str | None, text: str) -> str:
    """The digest of an article's words: equal digests read the same."""
    return digest(msgspec.json.encode([headline, lead, text]))


def feed_stream(source_id: str, feed_url: str) -> str:
    """The stream of a feed's events: `feed:<source>/` and the first eight hex digits of its address's SHA-256."""
    return f"feed:{source_id}/{hashlib.sha256(feed_url.encode()).hexdigest()[:8]}"


def name_uuid(*parts: str | bytes) -> UUID:
    """A UUIDv8 (RFC 9562, appendix B.2) from the SHA-256 of the parts; text is hashed as UTF-8. Each part is hashed
    with its length, so that different lists of parts do not have the same id."""
    encoded: list[bytes] = []
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        encoded += (len(data).to_bytes(8, "big"), data)
    return _uuid(int.from_bytes(hashlib.sha256(b"".join(encoded)).digest()[:16], "big"), version=8)


def time_uuid(at: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) for run ids: ordered by time in milliseconds, otherwise random."""
    return _uuid(int(at.timestamp() * 1000) << 80 | secrets.randbits(80), version=7)


def _uuid(value: int, *, version: int) -> UUID:
    return UUID(int=value & ~_MARKS | version << 76 | 0x2 << 62)
