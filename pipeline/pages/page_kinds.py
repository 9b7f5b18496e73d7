"""Which pages there are: for each, its address, the values that the address holds, and the queries that it shows.

The template of a page has its name. What a page shows is decided there and in `sql/`: a new page needs no other code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from uuid import UUID

import msgspec
from msgspec.structs import replace

from pipeline.pages.published_file import Bound, Figure, PublishedFile, statement
from pipeline.pages.selection import Period, Selection, read_day

ANY_CHANGE = "any"
"""Stands in an address for changes of all kinds."""


class PageMissing(Exception):
    """There is no such page: the address cannot be read, or names something that is not in the file."""

    def __init__(self, kind: str, keys: Sequence[str], nearest_sources: Sequence[str] = ()) -> None:
        """`nearest_sources` are the ids in the file that differ least from one that is not there."""
        super().__init__(f"{kind}: {', '.join(keys)}")
        self.kind = kind
        self.keys = keys
        self.nearest_sources = nearest_sources


def require_source(file: PublishedFile, source_id: str) -> None:
    """Raises PageMissing if the file has no day of the source."""
    if all(row.source_id != source_id for row in file.sources.rows):
        nearest = file.answer("nearest_sources", {"source_id": source_id}).rows
        raise PageMissing("source", [source_id], [row.source_id for row in nearest])


class PageLimits(msgspec.Struct, frozen=True):
    """What bounds the length of pages."""

    rows: int
    """Maximum number of rows of a table."""
    hits: int
    """Maximum number of articles that the page of the search shows."""
    days: int
    """Maximum number of days of a map, the last ones."""
    events: int
    """Maximum number of events of one type that the page of a run shows."""


class PageKind(msgspec.Struct, frozen=True):
    name: str
    figures: tuple[str, ...]
    """The queries. If the page has keys, the first one has no rows for keys that do not exist."""
    keys: tuple[str, ...] = ()
    """The names of the values in its address."""
    in_navigation: bool = False
    placed: tuple[str, ...] = ()
    """Those of the queries that an address can limit to the rows of one place on the page."""

    def values(self, keys: Sequence[str]) -> dict[str, Bound]:
        """The values that the parts of an address stand for. Raises PageMissing."""
        try:
            return {name: _READ[name](key) for name, key in zip(self.keys, keys, strict=True)}
        except ValueError as exc:
            raise PageMissing(self.name, keys) from exc

    def answers(
        self, file: PublishedFile, period: Period, keys: Sequence[str], limits: PageLimits
    ) -> Mapping[str, Figure]:
        """The page's figures by name, none longer than the limits allow. Raises PageMissing."""
        if "source_id" in self.keys:
            require_source(file, keys[self.keys.index("source_id")])
        named = self.values(keys)
        values = {**period.values, "row_limit": limits.rows, "hit_limit": limits.hits, "event_limit": limits.events}
        values |= {"day_limit": limits.days}
        values |= {**_shown(named), **named}
        everywhere = {**values, "only_place": None}
        figures = {name: file.answer(name, values if name in self.placed else everywhere) for name in self.figures}
        if self.keys and not figures[self.figures[0]]:
            raise PageMissing(self.name, keys)
        return figures


def _shown(named: Mapping[str, Bound]) -> dict[str, Bound]:
    """The values that a page shows: source, day, run or kind of change of its address go before the reader's choice."""
    shown: dict[str, Bound] = {"only_kind": None, "only_run": named.get("run_id")}
    if "source_id" in named:
        shown["only_source"] = named["source_id"]
    if "change_kind" in named:
        shown["only_kind"] = None if named["change_kind"] == ANY_CHANGE else named["change_kind"]
    if "day" in named:
        shown |= {"from_on": named["day"], "to_on": named["day"]}
    return shown


def _change_kind(text: str) -> str:
    if text not in (ANY_CHANGE, "headline", "lead", "substance", "correction"):
        raise ValueError(f"{text}: no kind of change")
    return text


_READ: Mapping[str, Callable[[str], Bound]] = {
    "article_id": UUID,
    "change_kind": _change_kind,
    "day": read_day,
    "feed_key": str,
    "person": str,
    "rule": str,
    "run_id": str,
    "source_id": str,
}

KINDS: Mapping[str, PageKind] = {
    kind.name: kind
    for kind in (
        PageKind("coverage", ("coverage", "coverage_totals", "feeds"), in_navigation=True),
        PageKind("articles", ("articles",), placed=("articles",)),
        PageKind(
            "source",
            (
                "source",
                "source_days",
                "coverage_totals",
                "feeds",
                "articles",
                "source_removed",
                "source_templates",
                "source_politeness",
            ),
            ("source_id",),
            placed=("articles",),
        ),
        PageKind("gaps", ("gaps", "quiet_days")),
        PageKind("feed", ("feed", "feed_polls"), ("source_id", "feed_key")),
        PageKind("polls", ("source", "polls"), ("source_id",), placed=("polls",)),
        PageKind("requests", ("source", "requests"), ("source_id",), placed=("requests",)),
        PageKind("removed", ("source", "removed"), ("source_id", "rule"), placed=("removed",)),
        PageKind("templates", ("source", "template_articles"), ("source_id",), placed=("template_articles",)),
        PageKind(
            "day",
            ("source_day", "articles", "polls_of_day", "items_of_day"),
            ("source_id", "day"),
            placed=("items_of_day",),
        ),
        PageKind(
            "article",
            (
                "article",
                "article_quotes",
                "article_mentions",
                "article_stripped",
                "article_videos",
                "article_revisions",
                "article_addresses",
                "article_trail",
            ),
            ("article_id",),
        ),
        PageKind("search", ("search", "search_facets"), in_navigation=True),
        PageKind("changes", ("changes", "changes_by_source", "vanished", "first_quoted"), in_navigation=True),
        PageKind("changed", ("source", "changes", "changes_by_source"), ("source_id", "change_kind")),
        PageKind("voices", ("voices",), in_navigation=True),
        PageKind("quoted", ("person", "quoted_articles", "quoted"), ("person",), placed=("quoted_articles", "quoted")),
        PageKind("runs", ("runs", "failed_tasks"), in_navigation=True),
        PageKind("run", ("runs", "run_events"), ("run_id",)),
        PageKind("backfills", ("backfills",), in_navigation=True),
        PageKind("backfill", ("backfills", "backfill_documents", "run_events"), ("run_id", "source_id")),
        PageKind("named", ("person", "named", "named_as"), ("person",), placed=("named", "named_as")),
        PageKind("person", ("person", "person_quotes", "person_roles", "person_sources"), ("person",)),
    )
}
"""All pages by name; the first one is the page that a reader sees first."""
FIRST_PAGE = next(iter(KINDS))


def followed(kind: str, selection: Selection) -> Selection:
    """The part of a selection that a page follows.

    It follows words and a language if a query of its figures does. A page about a source follows a language only if all
    do, because it says how the whole source fares; and it is about no other source.
    """
    if "words" not in _followed_names(kind):
        selection = replace(selection, words="")
    if "language" not in _followed_names(kind):
        selection = replace(selection, language=None)
    return replace(selection, source_id=None) if _is_about_source(kind) else selection


@cache
def _followed_names(kind: str) -> frozenset[str]:
    if kind not in KINDS:
        return frozenset()  # an archived record
    queries = [statement(__package__ or "", name) for name in KINDS[kind].figures if name != "source"]
    counts = all if _is_about_source(kind) else any
    names = {"words"} if any("$words" in query for query in queries) else set()
    return frozenset(names | ({"language"} if counts("$only_language" in query for query in queries) else set()))


def _is_about_source(kind: str) -> bool:
    return kind in KINDS and "source_id" in KINDS[kind].keys
