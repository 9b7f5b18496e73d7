"""The state of an installation as `newsledger status` shows it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from pipeline.ledger import Ledger, Run
from pipeline.monitor.state import FeedStatus
from pipeline.settings import Settings
from tests.worlds.running import newsledger
from tests.worlds.stories import NOON, at, discovered, polled

FEED = "https://bote.example/feed"


@pytest.mark.parametrize("touched_at", [0, 2_000_000_000])
def test_the_time_of_publication_is_that_of_the_build_and_not_of_the_file(tmp_path: Path, touched_at: int) -> None:
    """A copy of the file, or a restored one, has another time."""
    settings = Settings(data=tmp_path)
    Ledger.open(settings.ledger_catalog).close()
    with duckdb.connect(settings.news_file) as con:
        con.execute(
            "create table build_info as select 7 as head_position, timestamptz '2026-03-14 15:09:00Z' as built_at"
        )
    os.utime(settings.news_file, (touched_at, touched_at))
    (line,) = (line for line in newsledger("status", "--data", tmp_path).stdout.splitlines() if "published" in line)
    assert line.split(maxsplit=1)[1] == f"2026-03-14 15:09 UTC, up to event 7, {settings.news_file}"


def test_the_items_of_a_first_poll_are_no_news_because_it_is_the_first(ledger: Ledger, run: Run) -> None:
    """A feed that has said nothing for years is silent from the day it is added."""
    year, first, second = timedelta(days=365), polled(FEED, NOON, new_items=2), polled(FEED, at(3), new_items=0)
    old = [discovered(f"https://bote.example/{n}", NOON, caused_by=first.event_id) for n in range(2)]
    old = [msgspec.structs.replace(item, published_at=NOON - year * n) for n, item in enumerate(old, 1)]
    ledger.append([first, *old, second], run)
    (status,) = ledger.select(FeedStatus, "feed_status")
    assert (status.last_new_at, status.is_silent) == (NOON - year, True)
    third = polled(FEED, at(4), new_items=1)
    ledger.append([third, discovered("https://bote.example/3", at(4), caused_by=third.event_id)], run)
    (status,) = ledger.select(FeedStatus, "feed_status")
    assert (status.last_new_at, status.is_silent) == (at(4), False)
