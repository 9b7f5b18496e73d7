"""A week of fifteen outlets that change slugs, guids, queries and headlines: the marts have as many articles as the
outlets wrote, and gaps are where something was lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import models
from pipeline.steps.collect import collect
from pipeline.steps.extract import extract
from pipeline.steps.join import join
from pipeline.steps.run.run_interval import lookback
from tests.worlds.changing_outlets import WINDOW, ChangingOutlets
from tests.worlds.loopback import WebServer

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

DAYS = 7


@pytest.fixture
def week(tmp_path: Path) -> Iterable[ChangingOutlets]:
    with WebServer() as web:
        yield ChangingOutlets(tmp_path, web, 15)


def run(week: ChangingOutlets) -> None:
    with week.stores() as stores:
        collect(stores, week.sources).require_success()
        interval = lookback(week.settings, stores.now())
        (extract(stores, interval) + join(stores, interval)).require_success()


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_a_week_of_changes_counts_each_article_once_and_shows_each_gap(week: ChangingOutlets) -> None:
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
        run(week)
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
