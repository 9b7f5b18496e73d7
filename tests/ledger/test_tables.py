"""The tables of ledgers, in whatever place."""

from __future__ import annotations

from pathlib import Path

from pipeline.ledger import Ledger
from tests.worlds.memory_ledger import MemoryCatalog

COLUMNS = """
    select table_name, column_name, data_type
    from duckdb_columns()
    where database_name = 'ledger' and schema_name = 'main'
    order by all
"""


def test_a_ledger_in_memory_has_the_tables_of_one_in_ducklake(ledger: Ledger, tmp_path: Path) -> None:
    with MemoryCatalog(tmp_path / "memory" / "ledger.sqlite").session() as in_memory:
        assert in_memory.table(COLUMNS) == ledger.table(COLUMNS)
        assert in_memory.head() == ledger.head()
