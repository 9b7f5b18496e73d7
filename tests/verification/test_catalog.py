"""What the catalog says of files, tables and columns cannot be changed unseen: it decides what queries read."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import psycopg
import pyarrow.parquet as pq
import pytest

from pipeline.ledger import Ledger, verify
from pipeline.ledger.event_files import event_files
from pipeline.ledger.statistics import wrong_statistics
from pipeline.settings import Settings
from tests.worlds.reliability_page import is_documented
from tests.worlds.verified import append, prove

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def edit_catalog(settings: Settings, sql: str) -> None:
    if settings.catalog is None:
        with closing(sqlite3.connect(settings.local_catalog)) as con, con:
            assert con.execute(sql).rowcount > 0
    else:
        with psycopg.connect(settings.catalog.get_secret_value()) as session:
            assert session.execute(sql.encode()).rowcount > 0


ITEMS = "(select table_id from ducklake_table where table_name = 'item_discovered')"


def of_column(name: str) -> str:
    return (
        f"where table_id = {ITEMS} and min_value is not null and column_id = (select column_id from ducklake_column"
        f" where column_name = '{name}' and parent_column is null and table_id = {ITEMS})"
    )


OF_FILES = "update ducklake_file_column_stats set"
OF_TABLES = "update ducklake_table_column_stats set"
HIDING = {
    "ids in the statistics of a file": (
        f"{OF_FILES} min_value = '00000000-0000-0000-0000-000000000000',"
        f" max_value = '00000000-0000-0000-0000-000000000001' {of_column('event_id')}"
    ),
    "times in the statistics of a file": (
        f"{OF_FILES} min_value = '1999-01-01 00:00:00+00',"
        f" max_value = '1999-01-01 00:00:00+00' {of_column('occurred_at')}"
    ),
    "positions in the statistics of a file": f"{OF_FILES} min_value = '2' {of_column('position')}",
    "a time without a zone in the statistics": f"{OF_FILES} max_value = '2000-01-01' {of_column('occurred_at')}",
    "nonsense in the statistics of a file": f"{OF_FILES} min_value = 'x' {of_column('article_id')}",
    "nulls in the statistics of a file": f"{OF_FILES} null_count = 9 {of_column('url')}",
    "no bounds in the statistics of a file": f"{OF_FILES} min_value = null, max_value = null {of_column('source_id')}",
    "ids in the statistics of a table": f"{OF_TABLES} max_value = min_value {of_column('article_id')}",
    "nulls in the statistics of a table": (
        f"{OF_TABLES} contains_null = false where contains_null and table_id = {ITEMS}"
    ),
}


@pytest.mark.parametrize("name", HIDING)
def test_statistics_that_hide_events_from_queries_are_found(settings: Settings, name: str) -> None:
    edit_catalog(settings, HIDING[name])
    for full in (False, True, False):
        findings = [finding.text for finding in prove(settings, full=full).findings]
        assert is_documented(name, findings), findings
    append(settings, "another")  # which may correct the statistics of the table
    findings = [finding.text for finding in prove(settings).findings]
    assert is_documented(name, findings) or name.endswith("of a table"), findings


@pytest.mark.one_host("the file is rewritten in its folder")
def test_a_file_without_statistics_is_found(settings: Settings) -> None:
    """Nothing contradicts the catalog's then."""
    with Ledger.open(settings.ledger_catalog) as ledger:
        files = event_files(ledger)
        assert [*wrong_statistics(ledger, files, set())] == []
        path = files[0].data_file
        pq.write_table(pq.read_table(path), path, write_statistics=False)
        (finding,) = wrong_statistics(ledger, files, set())
    assert finding.where == f"file {path}"


def test_an_event_that_was_recorded_twice_is_found_although_statistics_hide_it(settings: Settings) -> None:
    edit_catalog(settings, HIDING["ids in the statistics of a file"])
    edit_catalog(
        settings,
        HIDING["ids in the statistics of a file"].replace("_file_", "_table_"),
    )
    append(settings, "one")
    assert prove(settings).events == 8, "the search for known ids was misled"
    with Ledger.open(settings.ledger_catalog) as ledger:
        findings = [f"{each.where}: {each.what}" for each in verify(ledger).findings]
    assert len([each for each in findings if re.search(r"event \S+ is there 2 times", each)]) == 2, findings


def test_names_of_columns_that_were_swapped_in_the_catalog_are_found_without_full(settings: Settings) -> None:
    edit_catalog(
        settings,
        "update ducklake_column set column_name = case column_name when 'url' then 'guid' else 'url' end"
        f" where column_name in ('url', 'guid') and parent_column is null and table_id = {ITEMS}",
    )
    for _ in range(2):
        proof = prove(settings)
        assert proof.events_read == 6
        assert is_documented("names of columns swapped in the catalog", [each.text for each in proof.findings])
