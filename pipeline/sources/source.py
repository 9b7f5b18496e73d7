"""A source is a news outlet that newsledger reads. sources.toml lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipeline.countries import country_of_code
from pipeline.errors import SourcesError

SourceId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
HttpUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s\x00-\x1f\x7f/][^\s\x00-\x1f\x7f]*\Z")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}\Z")]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2,3}\Z")]
Rate = Annotated[float, msgspec.Meta(ge=1 / 86_400, le=1_000_000)]

SILENT_AFTER = timedelta(days=30)
"""A feed that has said nothing new for this long is probably abandoned: outlets leave old feeds online."""


NEAREST = 6
"""Maximum number of known ids that are named beside unknown ones."""

_PLACE = re.compile(r"(?P<said>.*) - at `\$\.source\[(?P<number>\d+)\]\.?(?P<key>[^`]*)`", re.DOTALL)
"""Where in the file msgspec says that something is wrong."""
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
"""What it says of a key that a source does not have."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outlet. `id` is part of every stream name, so it must not change after the first event."""

    id: SourceId
    name: str
    language: Language
    country: Country
    homepage: HttpUrl
    feeds: tuple[HttpUrl, ...] = ()
    sitemaps: tuple[HttpUrl, ...] = ()
    requests_per_second: Rate | None = None
    """Replaces the default budget of each host of this source."""
    timezone: str | None = None
    """IANA name of the zone of dates that name none. The default is the zone of the country, else UTC."""

    def __post_init__(self) -> None:
        if not is_zone(self.timezone):
            raise ValueError(f"source {self.id!r}: unknown timezone {self.timezone!r}")
        for url in (self.homepage, *self.addresses):
            if problem := address_problem(url):
                raise ValueError(f"source {self.id!r}: {problem}")

    @property
    def zone(self) -> ZoneInfo:
        country = country_of_code(self.country)
        return ZoneInfo(self.timezone or (country and country.zone) or "UTC")

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of the feeds, then those of the sitemaps."""
        return (*self.feeds, *self.sitemaps)

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(urlsplit(url).hostname or "" for url in (self.homepage, *self.addresses))


def is_zone(name: str | None) -> bool:
    """True if there is a time zone of this name, or none is named."""
    try:
        return name is None or bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # an OSError for a folder of zones such as "Europe"
        return False


def address_problem(url: str) -> str | None:
    """The reason why a source cannot have this address; None if it can."""
    try:
        parts = urlsplit(url)
        labels = (parts.hostname or "").removesuffix(".").split(".")
        usable = all(labels) and parts.port != 0
    except ValueError as exc:
        return f"{url!r} is not a valid address: {exc}"
    if not usable:
        return f"{url!r} is not a valid address"
    if "@" in parts.netloc:
        reason = "a user name or password, and addresses are recorded for good and published"
        return f"an address at {parts.hostname} has {reason}"
    return None


class SourcesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: tuple[Source, ...] = ()


def load_sources(path: Path) -> tuple[Source, ...]:
    """All sources of the file, in its order. Raises SourcesError naming the file and the wrong entry."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be read: {exc.strerror}; set NEWSLEDGER_SOURCES or --sources") from exc
    sources = parse_sources(content, path)
    if not sources:
        raise SourcesError(f"{path}: has no sources")
    return sources


def parse_sources(content: bytes, path: Path) -> tuple[Source, ...]:
    """The sources in the content of the file, which may be none. Raises SourcesError naming `path`."""
    try:
        sources = msgspec.toml.decode(content, type=SourcesFile).source
    except msgspec.ValidationError as exc:
        raise SourcesError(f"{path}: {_named(str(exc), content)}") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise SourcesError(f"{path}: {exc}") from exc
    ids: set[str] = set()
    readers: dict[str, str] = {}
    for source in sources:
        if source.id in ids:
            raise SourcesError(f"{path}: source id {source.id!r} is used twice")
        if not source.addresses:
            raise SourcesError(f"{path}: source {source.id!r} has neither feeds nor sitemaps")
        for url in source.addresses:
            if url in readers:
                raise SourcesError(f"{path}: {url} is read twice, by source {readers[url]!r} and source {source.id!r}")
            readers[url] = source.id
        ids.add(source.id)
    return sources


def _named(message: str, content: bytes) -> str:
    """The message of msgspec with the source's id instead of its number, and the key that was perhaps meant."""
    found = _PLACE.fullmatch(message)
    if found is None or found["said"].startswith("source "):
        return found["said"] if found else message
    entry = msgspec.toml.decode(content)["source"][int(found["number"])]
    given = entry.get("id") if isinstance(entry, dict) else None
    who = f"source {given!r}" if isinstance(given, str) else f"source number {int(found['number']) + 1}"
    if unknown := _UNKNOWN_KEY.fullmatch(found["said"]):
        (nearest,) = get_close_matches(unknown[1], Source.__struct_fields__, 1, cutoff=0)
        return f"{who}: unknown key {unknown[1]!r}; the nearest known is {nearest!r}"
    return f"{who}: {found['key']}{': ' if found['key'] else ''}{found['said']}"


def select(sources: Iterable[Source], ids: Iterable[str]) -> tuple[Source, ...]:
    """The sources with these ids, or all if no id is given. Raises SourcesError for an unknown id."""
    known = {source.id: source for source in sources}
    wanted = tuple(ids)
    unknown = [source_id for source_id in wanted if source_id not in known]
    if unknown:
        nearest = {near: None for each in unknown for near in _nearest(each, known)[:3]}
        named = f"source{'s' if len(unknown) > 1 else ''} {', '.join(map(repr, unknown))}"
        raise SourcesError(f"unknown {named}; the nearest known are: {', '.join(list(nearest)[:NEAREST])}")
    return tuple(known[source_id] for source_id in dict.fromkeys(wanted)) if wanted else tuple(known.values())


def _nearest(given: str, known: Iterable[str]) -> list[str]:
    """The ids, those first that differ from `given` in the fewest characters (Levenshtein distance), ignoring case."""
    import duckdb  # a mistake is rare, and the list of sources is read often

    with duckdb.connect() as con:
        query = "select id from (select unnest($known) as id) order by levenshtein(id, lower($given)), id"
        return [near for (near,) in con.execute(query, {"known": list(known), "given": given}).fetchall()]
