"""newsledger search: articles by the words in them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from pipeline.cli import console
from pipeline.cli.answers import OutputFormat, format_of, replaced, save, show
from pipeline.cli.options import Data, LanguageCode, Since, SourceIds, Until, interval_of, utf8
from pipeline.cli.query import open_news
from pipeline.export.export_choice import Content, ExportChoice, search_hits
from pipeline.interval import utc_minute
from pipeline.settings import load_settings

WIDTH = 100
"""Width of the passages that are printed, in characters."""


def search(
    words: Annotated[
        str,
        typer.Argument(callback=utf8, help='Words; "a phrase" word for word; -word, -"a phrase": articles without it.'),
    ],
    since: Since = None,
    until: Until = None,
    source: SourceIds = None,
    language: LanguageCode = None,
    limit: Annotated[int, typer.Option(min=1, help="Show this many of the best hits.")] = 10,
    output: Annotated[
        OutputFormat | None,
        typer.Option("--format", help="Format of the hits; default: a list for people.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the hits to this file.", show_default=False),
    ] = None,
    data: Data = None,
) -> None:
    """Search headline, lead and text of the articles in news.duckdb; the best hits first.

    An article must contain all words. German and English words are found in their other forms, too: "deich" finds
    "Deiche". Hits are ranked by BM25; words of the headline count three times, those of the lead twice. SQL has the
    same: select * from search('hochwasser deich'). `newsledger export articles --search` makes a feed of a search.

    Example: newsledger search 'hochwasser "schwarzer morgen" -sirene' --since 2026-03-01
    """
    choice = ExportChoice(
        content=Content.ARTICLES,
        interval=interval_of(since, until),
        sources=tuple(source or ()),
        language=language,
        most=limit,
        words=words,
    )
    with open_news(load_settings(data=data)) as con:
        hits = search_hits(con, choice)
        if file is not None:
            with replaced(file) as partial:
                save(hits, output or format_of(file), partial)
        elif output is not None:
            show(hits, output)
        else:
            _list(hits)


def _list(hits: duckdb.DuckDBPyRelation) -> None:
    rows = hits.project("headline, source_id, published_at, passage, url").fetchall()
    for headline, source_id, published_at, passage, url in rows:
        console.echo(f"{headline or url}\n  {source_id}, {utc_minute(published_at)}, {url}")
        lines = textwrap.wrap(passage or "", WIDTH, initial_indent="  ", subsequent_indent="  ")
        console.echo("\n".join([*lines, ""]))
    if not rows:
        console.say("no article contains all of these words")
