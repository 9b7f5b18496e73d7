"""newsledger export: articles and changes for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from pipeline.cli.answers import OutputFormat, replaced, save
from pipeline.cli.options import Data, LanguageCode, Since, SourceIds, Until, interval_of, utf8
from pipeline.cli.query import open_news
from pipeline.display import json_text
from pipeline.errors import NewsledgerError
from pipeline.export.export_choice import Content, ExportChoice, articles, changes, select
from pipeline.export.news_feeds import NewsFeed, article_entry, atom, change_entry, json_feed, rss
from pipeline.export.schema_org import news_article
from pipeline.ledger.log import utc_now
from pipeline.settings import load_settings

FEED_ENTRIES = 100
"""Entries of a feed, if no number is given."""


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    PARQUET = "parquet"
    RSS = "rss"
    ATOM = "atom"
    JSON_FEED = "json-feed"


FEEDS = {ExportFormat.RSS: rss, ExportFormat.ATOM: atom, ExportFormat.JSON_FEED: json_feed}


def export(
    content: Annotated[Content, typer.Argument(help="New articles, or changes of articles after publication.")],
    output: Annotated[
        ExportFormat, typer.Option("--format", help="JSONL has the names of schema.org; Parquet is one file a day.")
    ] = ExportFormat.JSONL,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="A file, or a folder for Parquet; default: standard output.",
            show_default=False,
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    source: SourceIds = None,
    language: LanguageCode = None,
    words: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="WORDS",
            callback=utf8,
            help="Only articles that `newsledger search` finds.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"The newest N only; default: {FEED_ENTRIES} in feeds, else all.", show_default=False),
    ] = None,
    link: Annotated[str, typer.Option(metavar="URL", help="The link of the feed itself.")] = "http://localhost/",
    data: Data = None,
) -> None:
    """Write articles or changes from news.duckdb, for other programs.

    Articles are chosen by the time of their publication (or when they were first seen, if they have none), changes by
    the time at which they were first seen. A file is replaced in one rename, so a web server can serve it.

    Example: newsledger export changes --format rss --since 2026-03-01 -o changes.xml
    """
    if words is not None and content is not Content.ARTICLES:
        raise typer.BadParameter("--search finds articles, not changes")
    choice = ExportChoice(
        content=content,
        interval=interval_of(since, until),
        sources=tuple(source or ()),
        language=language,
        words=words,
        most=FEED_ENTRIES if limit is None and output in FEEDS else limit,
    )
    with open_news(load_settings(data=data), allow_files=True) as con:
        if output is ExportFormat.PARQUET:
            if file is None:
                raise typer.BadParameter("Parquet needs a folder: -o FOLDER")
            _write_days(con, choice, file)
            return
        written = [FEEDS[output](_feed(con, choice, link))] if output in FEEDS else _lines(con, choice)
        if file is None:
            sys.stdout.buffer.writelines(written)
            return
        with replaced(file) as partial, partial.open("wb") as stream:
            stream.writelines(written)


def _feed(con: duckdb.DuckDBPyConnection, choice: ExportChoice, link: str) -> NewsFeed:
    if choice.content is Content.ARTICLES:
        entries = [article_entry(each) for each in articles(con, choice)]
    else:
        entries = [change_entry(each) for each in changes(con, choice)]
    chosen = ", ".join([*choice.sources, *filter(None, [choice.language, choice.words])])
    title = "New articles" if choice.content is Content.ARTICLES else "Changed articles"
    newest = max((entry.updated_at for entry in entries), default=utc_now())
    return NewsFeed(f"{title}: {chosen}" if chosen else title, link, entries, newest)


def _lines(con: duckdb.DuckDBPyConnection, choice: ExportChoice) -> Iterator[bytes]:
    objects: Iterable[object] = (
        (news_article(each) for each in articles(con, choice))
        if choice.content is Content.ARTICLES
        else changes(con, choice)
    )
    return (f"{json_text(each)}\n".encode() for each in objects)


def _write_days(con: duckdb.DuckDBPyConnection, choice: ExportChoice, folder: Path) -> None:
    """One file a day, `2026-03-02.parquet`; days without rows are left alone."""
    if folder.exists() and not folder.is_dir():
        raise NewsledgerError(f"{folder}: is not a folder")
    folder.mkdir(parents=True, exist_ok=True)
    rows = select(con, choice)
    for (day,) in rows.project("cast(dated_at as date) as day").distinct().order("day").fetchall():
        with replaced(folder / f"{day}.parquet") as partial:
            save(rows.filter(f"cast(dated_at as date) = date '{day}'"), OutputFormat.PARQUET, partial)
