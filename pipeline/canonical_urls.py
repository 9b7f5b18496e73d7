"""The canonical URL of an article: its address without what no server needs to find it.

What two servers could tell apart stays apart: `/gear/amp` may be an article about amplifiers, `%C4` is not `%D6`
although neither is UTF-8, and `#!/report/1` is the route of a page that has no other address. Pages under two addresses
are joined by evidence instead (`pipeline.steps.join`).

A changed rule gives addresses new article ids, so the rules and the table of parameters change only with a reason.
Decision 21 says what keeps the articles of an older ledger together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit, urlunsplit

import idna
import msgspec

_FILE = Path(__file__).with_name("address_parameters.tsv")
_AMP_SUFFIX = re.compile(r"(?:\.amp)+(?=\.html?$)|(?:\.amp)+$", re.IGNORECASE)
_VARIANT_HOST = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_SESSION_IN_PATH = re.compile(
    r";(?:jsessionid|phpsessid|sid)=[^/;?]*"  # /article;jsessionid=A1B2
    r"|/\((?:[A-Z]\([^()/]*\))*S\([a-z0-9]{16,}\)\)(?=/|$)",  # ASP.NET: /(S(lit3py55t21z5v55vlm25s55))/article
    re.IGNORECASE,
)
_ROUTE = re.compile(r"^(?:!|/)")
"""What a fragment begins with that names a page of its own, as `#!/report/1` does, and not a place in the page."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_FEED = re.compile(r"(?:rss|atom|feed|newsfeed)(?:\d|\.xml|[-_ ]?feed|[-_ ]?nyt)?", re.IGNORECASE)
_YES = frozenset({"", "1", "true", "yes", "amp"})
_TOKEN = re.compile(r"(?=.*\d)[0-9a-z]{20,}", re.IGNORECASE)


class ParameterValue(StrEnum):
    """The values with which a parameter says nothing about the article."""

    ANY = "any"
    FEED = "feed"
    YES = "yes"
    TOKEN = "token"  # noqa: S105  # no password

    def includes(self, value: str) -> bool:
        match self:
            case ParameterValue.ANY:
                return True
            case ParameterValue.FEED:
                return _FEED.fullmatch(value) is not None
            case ParameterValue.YES:
                return value.lower() in _YES
            case ParameterValue.TOKEN:
                return _TOKEN.fullmatch(value) is not None


class IgnoredParameter(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    """In lower case. A final `*` stands for any ending."""
    value: ParameterValue
    set_by: str
    example: str


@cache
def ignored_parameters() -> tuple[IgnoredParameter, ...]:
    """The table of parameters that do not identify an article."""
    lines = (line.split("\t") for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("# "))
    return tuple(
        IgnoredParameter(name, ParameterValue(value), set_by, example) for name, value, set_by, example in lines
    )


@cache
def _values_by_name() -> dict[str, ParameterValue]:
    return {each.name: each.value for each in ignored_parameters() if not each.name.endswith("*")}


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(each.name.removesuffix("*") for each in ignored_parameters() if each.name.endswith("*"))


def canonical_url(url: str) -> str:
    """The address without tracking parameters, session ids, fragment, and the marks of AMP and mobile variants.

    The scheme is kept so that the address can be opened; article ids ignore it. Raises ValueError if `url` is not an
    absolute http(s) URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url!r}")
    host = _VARIANT_HOST.sub("www.", parts.hostname.rstrip("."))
    try:
        host = host if host.isascii() else _ascii_host(host)
    except UnicodeError as exc:
        raise ValueError(f"host name cannot be encoded: {url!r}") from exc
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    path = _AMP_SUFFIX.sub("", _SESSION_IN_PATH.sub("", parts.path))
    path = _without_dot_segments(_normal_escapes(quote(path, safe="%!$&'()*+,;=:@/~", errors="surrogatepass")))
    query = "&".join(parameter for _, parameter in sorted(_identifying(parts.query), key=lambda named: named[0]))
    fragment = quote(parts.fragment, safe="%!$&'()*+,;=:@/~?", errors="surrogatepass")
    route = _normal_escapes(fragment) if _ROUTE.match(parts.fragment) else ""
    return urlunsplit((parts.scheme.lower(), host + port, path or "/", query, route))


def _ascii_host(host: str) -> str:
    """The host as clients look it up (IDNA 2008), or by older rules if it has characters that are not allowed today."""
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.encode("idna").decode("ascii")


def _identifying(query: str) -> Iterator[tuple[str, str]]:
    """The parameters that identify the article, by name, each in one spelling."""
    for parameter in query.split("&"):
        if parameter:
            written_name, _, written_value = parameter.partition("=")
            name, value = _normal_parameter(written_name), _normal_parameter(written_value)
            if not _is_ignored(unquote_plus(written_name).lower(), unquote_plus(written_value)):
                yield name, f"{name}={value}"


def _is_ignored(name: str, value: str) -> bool:
    values = _values_by_name().get(name)
    return name.startswith(_prefixes()) if values is None else values.includes(value)


def _normal_parameter(written: str) -> str:
    """A name or value of a query with its escapes in one spelling. Escapes that are not UTF-8 keep their bytes."""
    try:
        return quote_plus(unquote_plus(written, errors="strict"), errors="surrogatepass")
    except UnicodeDecodeError:
        return _normal_escapes(quote(written, safe="%+", errors="surrogatepass"))


def _normal_escapes(escaped: str) -> str:
    """Percent-escapes in one spelling (RFC 3986, 6.2.2): unreserved characters unescaped, all others upper case."""

    def spell(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(spell, escaped)


def _without_dot_segments(path: str) -> str:
    """The path as every client sends it (RFC 3986, 5.2.4): `/a/../b/./c` is `/b/c`."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[max(len(kept) - 1, 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, ""] if segments[-1] in {".", ".."} else kept)
