"""The state of an installation as `newsledger status` shows it."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from pipeline.ledger import Ledger
from pipeline.settings import Settings
from tests.worlds.running import newsledger


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
