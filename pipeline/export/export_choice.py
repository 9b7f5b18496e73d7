"""Articles and changes of a published file, of an interval, of chosen sources and one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from pipeline.errors import NewsledgerError
from pipeline.interval import Interval

_SQL = Path(__file__).with_name("sql")
_ALL = 2**62
"""More rows than any file has: LIMIT takes no null."""


class Content(StrEnum):
    ARTICLES = "articles"
    CHANGES = "changes"


class ExportChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported."""

    content: Content
    interval: Interval
    """When the articles were published, or the changes first seen."""
    sources: tuple[str, ...] = ()
    """Ids; empty for all."""
    language: str | None = None
    """ISO 639-1; None for all."""
    words: str | None = None
    """Only articles with these words, as `newsledger search` understands them; None for all."""
    most: int | None = None
    """The newest so many; None for all."""


class ExportedArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article in its newest revision."""

    article_id: str
    source_id: str
    url: str
    headline: str | None
    lead: str | None
    text: str
    authors: list[str]
    language: str | None
    section: str | None
    access: str
    correction: str | None
    published_at: datetime | None
    modified_at: datetime | None
    dated_at: datetime
    """When it was published, or first seen if it has no date."""
    word_count: int


class ChangedWords(msgspec.Struct, frozen=True):
    part: str
    old: str
    new: str


class ExportedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A revision in which the outlet changed words."""

    article_id: str
    revision_no: int
    source_id: str
    url: str
    headline: str | None
    previous_headline: str | None
    authors: list[str]
    change_kinds: list[str]
    changes: list[ChangedWords]
    correction: str | None
    published_at: datetime | None
    dated_at: datetime
    """When it was first seen."""


def select(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> duckdb.DuckDBPyRelation:
    """All columns of the choice, newest first, also as the temporary table `selected`.

    Raises NewsledgerError if a source has no articles in the file.
    """
    _require_sources(con, choice)
    con.execute("create or replace temp table selected as " + _statement(choice.content), _values(choice))
    return con.table("selected").order("dated_at desc, url")


def _require_sources(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> None:
    known = {name for (name,) in con.execute("select distinct source_id from main.articles").fetchall()}
    for source_id in choice.sources:
        if source_id not in known:
            raise NewsledgerError(
                f"no article is from {source_id!r}; sources with articles: {', '.join(sorted(known))}"
            )


def search_hits(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> duckdb.DuckDBPyRelation:
    """What the choice's words find, best first, each with the passage in which they stand."""
    _require_sources(con, choice)
    return con.sql(_statement("search"), params=_values(choice))


def _statement(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")


def _values(choice: ExportChoice) -> dict[str, object]:
    return {
        "since": choice.interval.start,
        "until": choice.interval.end,
        "sources": list(choice.sources),
        "language": choice.language,
        "most": _ALL if choice.most is None else choice.most,
        "words": choice.words,
    }


def articles(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> Iterator[ExportedArticle]:
    for row in _rows(select(con, choice)):
        yield msgspec.convert(row, ExportedArticle)


def changes(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> Iterator[ExportedChange]:
    for row in _rows(select(con, choice)):
        yield msgspec.convert(row, ExportedChange)


def _rows(found: duckdb.DuckDBPyRelation, fetched: int = 1_000) -> Iterator[dict[str, Any]]:
    names: Sequence[str] = found.columns
    while rows := found.fetchmany(fetched):
        for row in rows:
            values = dict(zip(names, row, strict=True))
            yield {**values, "article_id": str(values["article_id"])}
