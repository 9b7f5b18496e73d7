"""The made-up outlets: names, hosts, feeds and their flaws."""

from __future__ import annotations

import tomllib
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

OUTLETS = Path(__file__).parent / "outlets.toml"


class FeedFormat(StrEnum):
    """Format of a feed."""

    RSS = "rss"  # RSS 2.0
    ATOM = "atom"
    RDF = "rdf"  # RSS 1.0


class Flaw(StrEnum):
    """A deliberate defect of a feed, of a kind that many real feeds have."""

    NONE = "none"
    MALFORMED = "malformed"  # a bare ampersand and an unclosed tag in the middle item
    MISLABELLED_ENCODING = "mislabelled_encoding"  # declares UTF-8, sends ISO-8859-1
    GERMAN_DATES = "german_dates"  # German weekday and month names, or no date at all
    REPEATED_ITEM = "repeated_item"  # the newest item twice, under two addresses


class SampleFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feed of an outlet."""

    path: str
    title: str
    format: FeedFormat
    sections: tuple[str, ...] = ()  # empty: all
    tracking: str = ""  # query string added to every link
    flaw: Flaw = Flaw.NONE


class Outlet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One outlet, a virtual host of the newsroom."""

    id: str
    name: str
    language: str  # "de" or "en"
    country: str  # ISO 3166 alpha-2
    zone: str  # IANA time zone of its wall clock
    article_path: str  # with {section}, {slug}, {date}
    disallow: tuple[str, ...]  # robots.txt
    feeds: tuple[SampleFeed, ...] = msgspec.field(name="feed")
    news_sitemap: str = ""  # path; "" for an outlet without one

    @property
    def host(self) -> str:
        """The virtual host, without port."""
        return f"{self.id}.localhost"

    def local(self, moment: datetime) -> datetime:
        """The moment on the outlet's wall clock."""
        return moment.astimezone(ZoneInfo(self.zone))


def load_outlets(path: Path = OUTLETS) -> tuple[Outlet, ...]:
    """Read the outlets in the order of the file."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8"))["outlet"], tuple[Outlet, ...])
