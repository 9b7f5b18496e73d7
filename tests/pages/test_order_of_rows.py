"""Pages are the same in whatever order the published file stores its rows."""

from __future__ import annotations

from datetime import date
from itertools import islice, product
from pathlib import Path
from shutil import copyfile

import duckdb
import pytest

from pipeline.pages.page_kinds import ANY_CHANGE, KINDS, PageKind, PageMissing
from pipeline.pages.published_file import Figure, PublishedFile
from pipeline.pages.report_files import LIMITS
from pipeline.pages.selection import Period, Selection, period_of
from tests.worlds.running import Demo

pytestmark = pytest.mark.slow
PAGES_OF_A_KIND = 3


@pytest.fixture(scope="module")
def shuffled(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in another order."""
    path = tmp_path_factory.mktemp("shuffled") / "news.duckdb"
    copyfile(demo.data / "news.duckdb", path)
    with duckdb.connect(path) as con:
        con.sql("set timezone = 'UTC'")
        tables = con.sql("""
            select format('"{}"."{}"', schema_name, table_name) from duckdb_tables()
            where schema_name in ('main', 'parts', 'events')
        """).fetchall()
        assert len(tables) > 20
        for (table,) in tables:
            con.sql(f"create or replace table {table} as select * from {table} order by hash(rowid)")
    return path


def test_pages_are_the_same_if_the_rows_of_the_file_are_stored_in_another_order(demo: Demo, shuffled: Path) -> None:
    with PublishedFile(demo.data / "news.duckdb") as file, PublishedFile(shuffled) as other:
        period = period_of(Selection(), file, date(2026, 3, 5))
        found = {
            "source_id": "select source_id from sources order by 1",
            "article_id": "select article_id::varchar as id from articles order by quote_count desc nulls last, 1",
            "person": "select name from persons order by mentions desc, name",
            "day": "select distinct cast(day as varchar) as day from coverage_ledger order by 1",
            "rule": "select distinct rule from events.boilerplate_stripped order by 1",
            "feed_key": "select md5(feed_url) as feed_key from feed_health order by 1",
            "run_id": "select distinct run_id from runs order by 1",
        }
        keys = {name: [row[0] for row in file.run(sql, {}).rows] for name, sql in found.items()}
        keys["change_kind"] = [ANY_CHANGE]
        differing = set()
        for kind in KINDS.values():
            for chosen in islice(product(*(keys[name] for name in kind.keys)), PAGES_OF_A_KIND):
                ours, others = (_figures(kind, each, period, chosen) for each in (file, other))
                differing |= {(kind.name, name) for name in ours if ours[name].rows != others[name].rows}
    assert differing == set()


def _figures(kind: PageKind, file: PublishedFile, period: Period, keys: tuple[str, ...]) -> dict[str, Figure]:
    try:
        return dict(kind.answers(file, period, keys, LIMITS))
    except PageMissing:
        return {}
