"""The sample newsroom with two days without polls, for backfills to recover."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from pipeline.demo.newsroom import Newsroom
from pipeline.ledger.log import utc_now
from tests.worlds.running import newsledger, rows
from tests.worlds.web_archive import web_archive

INDEXES = frozenset({".xml", ".rss", ".rdf", ".atom", ".txt"})
"""What the newsroom's feeds, sitemaps and robots.txt end in, and none of its pages."""


class Room:
    """The sample newsroom in the evening of its third day, which was yesterday, and a web archive beside it."""

    def __init__(self, newsroom: Newsroom, folder: Path, archive_url: str, first_day: datetime) -> None:
        self.newsroom = newsroom
        self.data = folder / "data"
        self.first_day = first_day
        self.days = [f"{first_day + timedelta(days=day):%Y-%m-%d}" for day in range(2)]
        sources = folder / "sources.toml"
        sources.write_text(re.sub(r"sitemaps = \[.*?\]\n", "", newsroom.sources_toml(), flags=re.DOTALL))
        self.env = {
            "NEWSLEDGER_ALLOW_HOSTS": ".localhost,127.0.0.1",
            "NEWSLEDGER_DATA": str(self.data),
            "NEWSLEDGER_SOURCES": str(sources),
            "NEWSLEDGER_WAYBACK_URL": archive_url,
        }

    def run(self, *arguments: str) -> str:
        done = newsledger(*arguments, env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def check(self) -> str:
        """What needs a person."""
        return newsledger("status", "--check", env=self.env).stdout

    def backfill(self, *options: str) -> dict[str, int]:
        """The first two days; the sums of the columns that are printed."""
        return sums(self.run("backfill", *self.days, *options))

    def pages_asked(self) -> int:
        paths = [PurePosixPath(request.path.partition("?")[0]) for request in self.newsroom.requests]
        return sum(path.suffix not in INDEXES for path in paths)

    def news(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.data / "news.duckdb", read_only=True) as con:
            return rows(con, sql)


@contextmanager
def room(folder: Path) -> Iterator[Room]:
    """The archive has Meridian's feed of the second evening, and the page that is taken down in the night."""
    first_day = datetime.combine(utc_now().date() - timedelta(days=3), wall_time(), UTC)
    evening = [first_day + timedelta(days=1, hours=20)]
    with Newsroom(lambda: evening[0], first_day=first_day.date()) as newsroom, web_archive() as archive:
        (gone,) = (edition for edition in newsroom.editions() if edition.article.gone is not None)
        for path, content_type in (("/feed.atom", "application/atom+xml"), (gone.path, "text/html; charset=utf-8")):
            url = f"http://meridian.localhost:{newsroom.port}{path}"
            archive.keep(url, evening[0], fetched(newsroom.port, path), content_type=content_type)
        evening[0] += timedelta(days=1)
        yield Room(newsroom, folder, archive.base, first_day)


def fetched(port: int, path: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": f"meridian.localhost:{port}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def sums(output: str) -> dict[str, int]:
    header, *lines = (line for line in output.splitlines() if line.startswith(("┃", "│")))
    names = [cell.strip() for cell in header.strip("┃").split("┃")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    return {name: sum(int(row[no]) for row in cells) for no, name in enumerate(names) if no}


def assert_nothing_is_doubled(news: Callable[[str], list[tuple[Any, ...]]]) -> None:
    assert news(f"select event_id from ({of_all_events(news, 'event_id')}) group by event_id having count(*) > 1") == []
    assert news("select url from articles group by url having count(*) > 1") == []
    assert (
        news(
            "select article_id from events.article_captured where warc_type = 'response' "
            "group by article_id, payload_digest having count(*) > 1"
        )
        == []
    )


def of_all_events(news: Callable[[str], list[tuple[Any, ...]]], column: str) -> str:
    """A query for this column of all tables of events."""
    tables = news("select table_name from information_schema.tables where table_schema = 'events'")
    return " union all ".join(f"select {column} from events.{table}" for (table,) in tables)
