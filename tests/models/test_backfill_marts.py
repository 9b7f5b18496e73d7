"""What the marts say of a backfill."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline import models
from pipeline.interval import Interval
from pipeline.steps.backfill.recover import recover
from tests.worlds.outlet import DAY, outlet
from tests.worlds.running import rows
from tests.worlds.web_archive import Odd

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def test_two_days_of_a_site_that_has_taken_a_page_down(tmp_path: Path) -> None:
    with outlet(tmp_path) as past:
        past.put_in_sitemap("/ferry-taken-down", DAY.start + timedelta(hours=7))
        past.keep("/ferry-taken-down", DAY.start + timedelta(hours=12))
        past.archive.odd_index[past.source.homepage] = [Odd(status=400)] * 2
        both_days = Interval(DAY.start, DAY.end + timedelta(days=1))
        with past.stores() as killed:
            recover(killed, [past.source], both_days, [past.source])
        assert past.backfill(both_days).recovered == 1
        models.build(past.settings)
        with duckdb.connect(models.publish(past.settings), read_only=True) as con:
            assert rows(con, "select documents_read, documents_failed from backfills") == [(8, 2)]
            assert rows(con, "select via, gone_at > captured_at from articles") == [("wayback", True)]
