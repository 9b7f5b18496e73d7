"""The canonical URL of an article: its address without what no server needs to find it.

What two servers could tell apart stays apart: `/gear/amp` may be an article about amplifiers, `%C4` is not `%D6`
although neither is UTF-8, and `#!/report/1` is the route of a page that has no other address. Pages under two addresses
are joined by evidence instead (`pipeline.steps.join`).

A changed rule gives addresses new article ids, so the rules and the table of parameters change only with a reason.
Decision 21 says what keeps the articles of an older ledger together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit, urlunsplit

import idna
import msgspec
from tld import is_tld

_FILE = Path(__file__).with_name("address_parameters.tsv")
_AMP_SUFFIX = re.compile(r"(?:\.amp)+(?=\.html?$)|(?:\.amp)+$", re.IGNORECASE)
_VARIANT_HOST = re.compile(r"(?:m|mobile|amp)\.([^.]+\..+)")
_DEFAULT_PORT = {"http": 80, "https": 443}
_SESSION_IN_PATH = re.compile(
    r";(?:jsessionid|phpsessid)=[^/;?]*"  # /article;jsessionid=A1B2
    r"|;sid=(?=[^/;?]*\d)[0-9a-z]{16,}(?=[/;?]|$)"  # /article;sid=0123456789abcdef
    r"|/\((?:[A-Z]\([^()/]*\))*S\([a-z0-9]{16,}\)\)(?=/|$)",  # ASP.NET: /(S(lit3py55t21z5v55vlm25s55))/article
    re.IGNORECASE,
)
_ROUTE = re.compile(r"^(?:!|/)")
"""What a fragment begins with that names a page of its own, as `#!/report/1` does, and not a place in the page."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_FEED = re.compile(r"(?:rss|atom)\d|(?:rss|atom|feed|newsfeed)(?:\.xml|[-_ ]?feed|[-_ ]?nyt)?", re.IGNORECASE)
_YES = frozenset({"", "1", "true", "yes", "amp"})
_TOKEN = re.compile(r"(?=.*\d)(?=.*[a-z])[0-9a-z]{20,}", re.IGNORECASE)
_PART = re.compile(r"[0-9a-z]+", re.IGNORECASE)
_LEAST_SESSION_CHARS = 6
_LONGEST_LABEL_CHARS = 4
"""A session id may have a label such as `sid` or `S`. Longer words without a digit are those of a name."""
_LEAST_DIGITS = 16
"""A shorter number is that of an article."""


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
    if parts.scheme.lower() not in _DEFAULT_PORT or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url!r}")
    scheme, host = parts.scheme.lower(), parts.hostname.rstrip(".")
    if (variant := _VARIANT_HOST.fullmatch(host)) and not is_tld(variant[1]):  # amp.com.au is a site of its own
        host = f"www.{variant[1]}"
    try:
        host = host if host.isascii() else _ascii_host(host)
    except UnicodeError as exc:
        raise ValueError(f"host name cannot be encoded: {url!r}") from exc
    if ":" in host:
        host = f"[{host}]"
    port = f":{parts.port}" if parts.port not in {None, _DEFAULT_PORT[scheme]} else ""
    path = _AMP_SUFFIX.sub("", _SESSION_IN_PATH.sub("", parts.path))
    path = _without_dot_segments(_normal_escapes(quote(path, safe="%!$&'()*+,;=:@/~", errors="surrogatepass")))
    query = "&".join(parameter for _, parameter in _ordered(list(_identifying(parts.query))))
    fragment = quote(parts.fragment, safe="%!$&'()*+,;=:@/~?", errors="surrogatepass")
    route = _normal_escapes(fragment) if _ROUTE.match(parts.fragment) else ""
    return urlunsplit((scheme, host + port, path or "/", query, route))


def changed_session(old: str, new: str) -> tuple[str, str] | None:
    """The parts in which two addresses of one page differ: a folder that looks like a session id, or the query.

    The query differs in what identifies no article. None if the addresses may be of different pages. This alone is no
    evidence: an outlet may give each edition of an article a code.
    """
    one, other = urlsplit(old), urlsplit(new)
    if one[:2] != other[:2]:
        return None
    if one.path == other.path:
        return (one.query, other.query) if canonical_url(old) == canonical_url(new) else None
    before, after = one.path.split("/"), other.path.split("/")
    different = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]]
    if one[3:] != other[3:] or len(before) != len(after) or len(different) != 1 or before[-1] != after[-1]:
        return None
    return different[0] if _are_sessions(*different[0]) else None


def _are_sessions(one: str, other: str) -> bool:
    """True if both look like random ids, and not like words, dates or counters."""
    shared = sum(a == b for a, b in zip(one, other, strict=False))
    return _is_session(one) and _is_session(other) and 2 * shared < max(len(one), len(other))


def _is_session(segment: str) -> bool:
    parts = _PART.findall(segment)
    characters = "".join(parts)
    if len(characters) < (_LEAST_DIGITS if characters.isdecimal() else _LEAST_SESSION_CHARS):
        return False
    has_name = any(part.isalpha() and len(part) > _LONGEST_LABEL_CHARS for part in parts)
    return not has_name and any(map(str.isdecimal, characters))


def _ascii_host(host: str) -> str:
    """The host as clients look it up (IDNA 2008), or by older rules if it has characters that are not allowed today."""
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.encode("idna").decode("ascii")


def _identifying(query: str) -> Iterator[tuple[str, str]]:
    """The parameters that identify the article, by name, each in one spelling.

    A `;` stays, because some servers separate parameters with it; `%3B` does not separate them.
    """
    for parameter in query.split("&"):
        if parameter:
            name, _, value = parameter.partition("=")
            if not _is_ignored(unquote_plus(name).lower(), unquote_plus(value)):
                first, *others = parameter.split(";")
                pairs = (_normal_pair(first if "=" in first else f"{first}="), *map(_normal_pair, others))
                yield _normal_parameter(name), ";".join(pairs)


def _ordered(parameters: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """By name, in which the order of equal names stays. A server can read several parameters without a value by their
    place, so these keep it: `?77&12` is not `?12&77`."""
    if sum(parameter.endswith("=") for _, parameter in parameters) > 1:
        return parameters
    return sorted(parameters, key=lambda named: named[0])


def _is_ignored(name: str, value: str) -> bool:
    values = _values_by_name().get(name)
    return name.startswith(_prefixes()) if values is None else values.includes(value)


def _normal_pair(written: str) -> str:
    name, separator, value = written.partition("=")
    return f"{_normal_parameter(name)}{separator}{_normal_parameter(value)}"


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


def is_front_page(url: str) -> bool:
    """True if the address is the root of a site."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
