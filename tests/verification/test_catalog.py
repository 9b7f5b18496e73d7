"""Changes of files, tables and columns in the catalog, which decide what queries read, are found."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import psycopg
import pyarrow.parquet as pq
import pytest

from pipeline.errors import LedgerError
from pipeline.ledger import Ledger, verify
from pipeline.ledger.catalog_entries import wrong_entries
from pipeline.ledger.event_files import event_files
from pipeline.ledger.log import utc_now
from pipeline.ledger.statistics import wrong_statistics
from pipeline.settings import Settings
from pipeline.steps.maintain import delete_superseded
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.worlds.reliability_page import is_documented
from tests.worlds.stored import stored_files
from tests.worlds.verified import append, prove

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def edit_catalog(settings: Settings, *statements: str) -> int:
    """The number of rows that the last statement changed."""
    if settings.catalog is None:
        with closing(sqlite3.connect(settings.local_catalog)) as con, con:
            return [con.execute(sql).rowcount for sql in statements][-1]
    with psycopg.connect(settings.catalog.get_secret_value()) as session:
        return [session.execute(sql.encode()).rowcount for sql in statements][-1]


ITEMS = "(select table_id from ducklake_table where table_name = 'item_discovered')"


def of_column(name: str) -> str:
    return (
        f"where table_id = {ITEMS} and min_value is not null and column_id = (select column_id from ducklake_column"
        f" where column_name = '{name}' and parent_column is null and table_id = {ITEMS})"
    )


ENTRIES = "ducklake_data_file"
OF_FILES = "ducklake_file_column_stats"
OF_TABLES = "ducklake_table_column_stats"
COUNTS = "ducklake_table_stats"
COLUMNS = "ducklake_column"
DISCARDED = "ducklake_files_scheduled_for_deletion"
FALSE_IDS = (
    "min_value = '00000000-0000-0000-0000-000000000000', max_value = '00000000-0000-0000-0000-000000000001'"
    f" {of_column('event_id')}"
)
CHANGES = {
    "ids in the statistics of a file": (OF_FILES, FALSE_IDS),
    "times in the statistics of a file": (
        OF_FILES,
        f"min_value = '1999-01-01 00:00:00+00', max_value = '1999-01-01 00:00:00+00' {of_column('occurred_at')}",
    ),
    "positions in the statistics of a file": (OF_FILES, f"min_value = '2' {of_column('position')}"),
    "a time without a zone in the statistics": (OF_FILES, f"max_value = '2000-01-01' {of_column('occurred_at')}"),
    "nonsense in the statistics of a file": (OF_FILES, f"min_value = 'x' {of_column('article_id')}"),
    "nulls in the statistics of a file": (OF_FILES, f"null_count = 9 {of_column('url')}"),
    "no bounds in the statistics of a file": (
        OF_FILES,
        f"min_value = null, max_value = null {of_column('source_id')}",
    ),
    "statistics of a file that belong to no column": (OF_FILES, f"column_id = 999 {of_column('url')}"),
    "ids in the statistics of a table": (OF_TABLES, f"max_value = min_value {of_column('article_id')}"),
    "nulls in the statistics of a table": (
        OF_TABLES,
        f"contains_null = false where contains_null and table_id = {ITEMS}",
    ),
    "the number of rows of a file": (ENTRIES, f"record_count = 0 where table_id = {ITEMS}"),
    "a negative number of rows of a file": (ENTRIES, f"record_count = -1 where table_id = {ITEMS}"),
    "the size of a file in the catalog": (ENTRIES, f"file_size_bytes = 1 where table_id = {ITEMS}"),
    "the size of a file's footer": (ENTRIES, f"footer_size = null where table_id = {ITEMS}"),
    "the number of rows of a table": (COUNTS, f"record_count = 5 where table_id = {ITEMS}"),
    "no number of rows of a table": (COUNTS, f"table_id = 999 where table_id = {ITEMS}"),
    "the end of a file in a snapshot to come": (ENTRIES, f"end_snapshot = 99 where table_id = {ITEMS}"),
    "the end of a column in a snapshot to come": (COLUMNS, f"end_snapshot = 99 where table_id = {ITEMS}"),
    "the end of a table in a snapshot to come": ("ducklake_table", f"end_snapshot = 99 where table_id = {ITEMS}"),
    "the next number of a file": ("ducklake_snapshot", "next_file_id = 0"),
    "the type of a column": (COLUMNS, f"column_type = 'json' where column_name = 'url' and table_id = {ITEMS}"),
    "the type of a column without rows": (COLUMNS, "column_type = 'int32' where column_name = 'warc_offset'"),
    "a file in use among those to be deleted": (DISCARDED, ""),
}
"""The table of the catalog that is changed, and what is set in it."""
DISCARD = (
    f"insert into {DISCARDED} select data_file_id, path, path_is_relative, '2020-01-01' from {ENTRIES}"
    f" where table_id = {ITEMS}"
)


@pytest.mark.parametrize(
    "name",
    ["ids in the statistics of a file", "ids in the statistics of a table", "the number of rows of a file"],
)
def test_statistics_that_hide_events_from_queries_are_found(settings: Settings, name: str) -> None:
    assert edit_catalog(settings, "update {} set {}".format(*CHANGES[name]))
    for full in (False, True, False):
        findings = [finding.text for finding in prove(settings, full=full).findings]
        assert is_documented(name, findings), findings
    append(settings, "another")  # which may correct the statistics of the table
    findings = [finding.text for finding in prove(settings).findings]
    assert is_documented(name, findings) or name.endswith("of a table"), findings


def test_every_change_of_the_catalog_is_found(settings: Settings) -> None:
    """One after the other in the same ledger, since making one for each would take a second."""
    for name, (table, changed) in CHANGES.items():
        save = f"create table saved as select * from {table}"
        assert edit_catalog(settings, save, f"update {table} set {changed}" if changed else DISCARD)
        with Ledger.open(settings.ledger_catalog) as ledger:
            found = [*wrong_entries(ledger), *wrong_statistics(ledger, event_files(ledger), set())]
        assert is_documented(name, [f"{each.where}: {each.what}" for each in found]), (name, found)
        edit_catalog(settings, f"delete from {table}", f"insert into {table} select * from saved", "drop table saved")
    assert prove(settings, full=True).findings == ()


@pytest.mark.one_host("the file is rewritten in its folder")
def test_a_file_without_statistics_is_found(settings: Settings) -> None:
    """Nothing contradicts the catalog's then."""
    with Ledger.open(settings.ledger_catalog) as ledger:
        files = event_files(ledger)
        assert [*wrong_statistics(ledger, files, set())] == []
        path = files[0].data_file
        pq.write_table(pq.read_table(path), path, write_statistics=False)
        findings = [*wrong_statistics(ledger, files, set())]
    assert {each.where for each in findings} == {f"file {path}"}
    assert findings[-1].what == "the catalog's statistics of column 1 are not those of the file"


def test_a_table_that_cannot_be_read_does_not_hide_why(settings: Settings) -> None:
    tables = "select table_id from ducklake_table where table_name like 'article_%'"
    assert edit_catalog(settings, f"update {COUNTS} set record_count = -1 where table_id in ({tables})")
    with Ledger.open(settings.ledger_catalog) as ledger:
        proof = verify_installation(settings, ledger, utc_now(), archive=ArchivePart.ALL)
    found = [each.text for each in proof.findings]
    assert is_documented("a negative number of rows of an empty table", found), found


def test_maintenance_deletes_no_file_in_use(settings: Settings) -> None:
    assert edit_catalog(settings, DISCARD)
    before = set(stored_files(settings))
    with Ledger.open(settings.ledger_catalog) as ledger, pytest.raises(LedgerError, match="nothing was deleted"):
        delete_superseded(ledger, utc_now())
    assert set(stored_files(settings)) == before


def test_an_event_that_was_recorded_twice_is_found_although_statistics_hide_it(settings: Settings) -> None:
    edit_catalog(settings, *(f"update {table} set {FALSE_IDS}" for table in (OF_FILES, OF_TABLES)))
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
