"""A week of twenty outlets that change slugs, guids, queries and headlines: the marts have as many articles as the
outlets wrote, and gaps are where something was lost."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from pipeline import models
from pipeline.steps.collect import collect
from pipeline.steps.extract import extract
from pipeline.steps.join import join
from pipeline.steps.run.run_interval import lookback
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import World, source_at

pytestmark = pytest.mark.slow

DAYS = 7
WINDOW = 5
"""Items in each feed."""
_NOUNS = """
ferry harbour mole council bridge school storm road forest market orchestra museum tunnel airport hospital river
library theatre stadium quarry lighthouse railway bakery vineyard dike meadow chapel archive kitchen glacier
"""
_VERBS = "opens closes reports rejects repairs inspects celebrates abandons extends examines rebuilds defends"
NOUNS, VERBS = _NOUNS.split(), _VERBS.split()


class Habit(Enum):
    """What an outlet does to an article on the day after it was published."""

    HEADLINE_AND_SLUG = 0
    GUID = 1
    QUERY = 2
    """Its feed has another campaign in every address each day."""
    HEADLINE = 3
    SESSION = 4
    """Its feed has another session in every path each day."""


class WrittenArticle(msgspec.Struct):
    no: int
    title: str
    paragraphs: tuple[str, ...]
    published_at: datetime
    version: int = 0
    seen: bool = False


class Outlet(msgspec.Struct):
    """An outlet with a feed of its newest articles. `web` is the server of all outlets."""

    name: str
    habit: Habit
    web: WebServer
    articles: list[WrittenArticle] = []

    @property
    def base(self) -> str:
        return self.web.base.replace("127.0.0.1", f"{self.name}.localhost")

    def write(self, at: datetime) -> None:
        words = random.Random(f"{self.name} {len(self.articles)}")

        def sentence() -> str:
            nouns = words.sample(NOUNS, 5)
            return (
                f"The {nouns[0]} {words.choice(VERBS)} the {nouns[1]} near the {nouns[2]} after {words.randint(2, 99)} "
                f"days, and the {nouns[3]} {words.choice(VERBS)} the {nouns[4]}."
            )

        paragraphs = tuple(" ".join(sentence() for _ in range(3)) for _ in range(3))
        title = f"{' '.join(words.sample(NOUNS, 3)).capitalize()} {len(self.articles)}"
        self.articles.append(WrittenArticle(len(self.articles), title, paragraphs, at))

    def change(self, article: WrittenArticle) -> None:
        """Change the article as the outlet is used to, so that it has another headline, slug or guid."""
        article.version += 1
        if self.habit in {Habit.HEADLINE, Habit.HEADLINE_AND_SLUG}:
            words = random.Random(f"{self.name} {article.no} again")
            article.title = f"{' '.join(words.sample(NOUNS, 3)).capitalize()} {article.no} again"
            article.paragraphs = (f"Later that day the {words.choice(NOUNS)} was quiet.", *article.paragraphs)

    def publish(self, day: int, etag: str | None = None) -> None:
        """Serve the feed and the pages that it names."""
        shown = self.articles[-WINDOW:][::-1]
        rows = []
        for article in shown:
            path = self._path(article, day)
            self.web.page(path, article.title, *article.paragraphs)
            guid = f"{self.base}{path}" if self.habit is Habit.QUERY else f"{self.name}-{article.no}"
            guid += f"-v{article.version}" if self.habit is Habit.GUID else ""
            rows.append(
                f"<item><title>{article.title}</title><link>{self.base}{path}</link>"
                f"<guid isPermaLink='false'>{guid}</guid>"
                f"<pubDate>{format_datetime(article.published_at)}</pubDate></item>"
            )
        body = f"<rss version='2.0'><channel><title>{self.name}</title>{''.join(rows)}</channel></rss>"
        headers = {"ETag": etag} if etag else {}
        self.web.answers[f"/{self.name}.xml"] = Answer(body.encode(), headers=headers, content_type="text/xml")

    def _path(self, article: WrittenArticle, day: int) -> str:
        match self.habit:
            case Habit.HEADLINE_AND_SLUG:
                return f"/{self.name}/{'-'.join(article.title.lower().split()[:3])}"
            case Habit.QUERY:
                return f"/{self.name}/report?id={article.no}&channel=day{day}"
            case Habit.SESSION:
                return f"/{self.name}/{random.Random(day).randbytes(8).hex()}/report/{article.no}"
            case _:
                return f"/{self.name}/report/{article.no}"


class Week(World):
    """Twenty outlets on one server, each with a host of its own."""

    def __init__(self, folder: Path, web: WebServer) -> None:
        super().__init__(folder, web, allow_hosts=".localhost", requests_per_second=1000.0)
        habits = list(Habit)
        self.outlets = [Outlet(f"outlet{n:02}", habits[n % len(habits)], web, []) for n in range(20)]
        self.sources = [source_at(each.name, each.base, f"{each.base}/{each.name}.xml") for each in self.outlets]

    def run(self) -> None:
        with self.stores() as stores:
            collect(stores, self.sources).require_success()
            interval = lookback(self.settings, stores.now())
            (extract(stores, interval) + join(stores, interval)).require_success()


@pytest.fixture
def week(tmp_path: Path) -> Iterable[Week]:
    with WebServer() as web:
        yield Week(tmp_path, web)


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_a_week_of_changes_counts_each_article_once_and_shows_each_gap(week: Week) -> None:
    floods = {"outlet01": 3, "outlet02": 5, "outlet14": 4}
    """Outlets that once write more in a day than their feed shows, and the day."""
    liar, lies = "outlet08", range(2, 5)
    """An outlet whose server answers 304 on these days, while it writes as ever."""
    for day in range(DAYS):
        for outlet in week.outlets:
            published = 2 * WINDOW if floods.get(outlet.name) == day else 3 if day == 0 else 1 + (outlet.name == liar)
            changed = outlet.articles[-published:]
            for n in range(published):
                outlet.write(week.now - timedelta(hours=20) + timedelta(minutes=90 * n))
            for article in changed:
                outlet.change(article)
            lying = outlet.name == liar and day in lies
            outlet.publish(day, etag='"same"' if outlet.name == liar and day in {1, *lies} else None)
            if not lying:
                for article in outlet.articles[-WINDOW:]:
                    article.seen = True
        week.run()
        week.later(days=1)
    models.build(week.settings)
    with duckdb.connect(models.publish(week.settings), read_only=True) as con:
        counted = dict(rows(con, "select source_id, count(*) from articles group by source_id"))
        covered = dict(rows(con, "select source_id, sum(seen) from coverage_ledger group by source_id"))
        gaps = rows(con, "select source_id, gap_from, gap_to from events.feed_polled where not overlap order by all")
        changed_headlines = rows(con, "select count(*) from article_revisions where headline_changed")
    seen = {outlet.name: sum(article.seen for article in outlet.articles) for outlet in week.outlets}
    assert counted == seen
    assert covered == seen
    assert [gap[0] for gap in gaps] == sorted({*floods, liar}), "no false gap, and none is missed"
    for outlet in week.outlets:
        for article in outlet.articles:
            inside = [gap for gap in gaps if gap[0] == outlet.name and gap[1] <= article.published_at <= gap[2]]
            assert article.seen or inside, f"{outlet.name} {article.no} was lost and is in no gap"
    assert changed_headlines[0][0] > 0, "changes are revisions"
