"""Identities: canonical URLs, digests and ids that are the same wherever and whenever they are computed.

The rules must not change, because a changed rule would give known articles new ids. For this reason they are written
out here and not taken from a library, whose next version may have other rules.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from uuid import UUID

TRACKING_PARAMETERS = frozenset(
    [
        "at_campaign",
        "at_format",
        "at_medium",
        "at_link_id",
        "at_link_origin",
        "at_link_type",
        "at_ptr_name",
        "at_bbc_team",
        "cmpid",
        "dclid",
        "fbclid",
        "ftag",
        "gbraid",
        "gclid",
        "gclsrc",
        "google_editors_picks",
        "guccounter",
        "icid",
        "igshid",
        "ito",
        "mbid",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "msclkid",
        "nr_email_referer",
        "ocid",
        "s_cid",
        "sc_cid",
        "sharetype",
        "smid",
        "smtyp",
        "srnd",
        "taid",
        "tpcc",
        "twclid",
        "wbraid",
        "xtor",
        "yclid",
    ]
)
"""Query parameters that tell where a reader came from, and never which page it is."""
TRACKING_PREFIXES = ("utm_", "hsa_", "mtm_", "ns_", "pk_", "stm_", "wt_")
AMP_PARAMETERS = frozenset({"amp", "outputtype"})

_AMP_PATH = re.compile(r"(/amp/?$|\.amp(?=\.html?$)|\.amp$|(?<=/)amp/(?=.))", re.IGNORECASE)
_VARIANT_HOST = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical_url(url: str) -> str:
    """The address without the parts that do not identify the article: tracking, fragment, AMP and mobile variants.

    The scheme is kept so that the address can be opened; `article_id` ignores it. Raises ValueError if `url` is not an
    absolute http(s) URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url!r}")
    host = _VARIANT_HOST.sub("www.", parts.hostname.rstrip("."))
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as exc:
        raise ValueError(f"host name cannot be encoded: {url!r}") from exc
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    path = _normal_escapes(_AMP_PATH.sub("", parts.path))
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_noise(key, value)]
    return urlunsplit((parts.scheme.lower(), host + port, path or "/", urlencode(sorted(kept)), ""))


def _normal_escapes(path: str) -> str:
    """Percent-escapes in one spelling (RFC 3986, 6.2.2): unreserved characters unescaped, all others upper case."""

    def spell(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(spell, quote(path, safe="%!$&'()*+,;=:@/~", errors="surrogatepass"))


def _is_noise(key: str, value: str) -> bool:
    name = key.lower()
    if name in AMP_PARAMETERS:
        return value.lower() in {"", "1", "true", "amp"}
    return name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES)


def article_id(url: str) -> UUID:
    """The id of the article at this URL, made from its canonical URL without scheme, `www.` and trailing slash."""
    _, _, rest = canonical_url(url).partition("://")
    return name_uuid("article", rest.removeprefix("www.").rstrip("/"))


def digest(data: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def feed_stream(source_id: str, feed_url: str) -> str:
    """The stream of a feed's events: `feed:<source>/` and the first eight hex digits of its address's SHA-256."""
    return f"feed:{source_id}/{hashlib.sha256(feed_url.encode()).hexdigest()[:8]}"


def name_uuid(*parts: str | bytes) -> UUID:
    """A UUIDv8 (RFC 9562, appendix B.2) from the SHA-256 of the parts; text is hashed as UTF-8. Each part is hashed
    with its length, so that different lists of parts do not have the same id."""
    encoded = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in parts]
    hashed = hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in encoded]))
    return _uuid(int.from_bytes(hashed.digest()[:16], "big"), version=8)


def time_uuid(at: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) for run ids: ordered by time in milliseconds, otherwise random."""
    return _uuid(int(at.timestamp() * 1000) << 80 | secrets.randbits(80), version=7)


def _uuid(value: int, *, version: int) -> UUID:
    value = value & ~(0xF << 76) | version << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
