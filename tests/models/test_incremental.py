"""A build writes again what new events touch, and the tables are those of a build from an empty file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from random import Random

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from pipeline import models
from pipeline.errors import ModelsError
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from tests.worlds.histories import history
from tests.worlds.ledgers import NewData, empty_ledger
from tests.worlds.running import tables
from tests.worlds.stored import changed_build
from tests.worlds.stories import append

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("NEWSLEDGER_HISTORIES", "2"))
"""More of them: `NEWSLEDGER_HISTORIES=50 pytest tests/models/test_incremental.py`."""


@pytest.fixture(scope="module")
def newsroom(new_data: NewData) -> Settings:
    return new_data("histories")


def empty(newsroom: Settings) -> None:
    """Remove everything but what dbt compiled."""
    for path in newsroom.data.iterdir():
        if path.name != "dbt":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shared_files(newsroom).delete(newsroom.build_file)
    empty_ledger(newsroom)


def interrupted(newsroom: Settings, marts: Sequence[str]) -> None:
    """A build that comes no further than to the first of these marts that it writes. It leaves the file as it was."""
    before = tables(newsroom.build_file)
    with changed_build(newsroom) as con:
        for mart in marts:
            con.execute(f"alter table {mart} rename to {mart}_away")
    with pytest.raises(ModelsError, match=f"model ({'|'.join(marts)}) failed"):
        models.build(newsroom)
    with changed_build(newsroom) as con:
        for mart in marts:
            con.execute(f"alter table {mart}_away rename to {mart}")
    assert tables(newsroom.build_file) == before


@settings(
    phases=[Phase.generate],
    max_examples=EXAMPLES, derandomize="NEWSLEDGER_HISTORIES" not in os.environ, database=None, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_builds_add_up_to_a_build_from_an_empty_file(newsroom: Settings, seed: int) -> None:
    random = Random(seed)
    events = history(random, articles=40)
    cuts = sorted(random.sample(range(1, len(events)), 3))
    note(f"{len(events)} events, builds after {cuts}")
    empty(newsroom)
    for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True):
        append(newsroom.ledger_catalog, events[first:last])
        if first == cuts[0]:
            interrupted(newsroom, ["feed_days", "authors", "feed_health", "speakers", "persons"])
        else:
            assert models.build(newsroom).models > 0
    continued = tables(models.publish(newsroom))
    models.build(newsroom, models.Refresh.ANEW, models.Tested.ALL)
    anew = tables(models.publish(newsroom))
    assert continued.keys() == anew.keys()
    for name in anew:
        assert continued[name] == anew[name], name
    with duckdb.connect(newsroom.news_file, read_only=True) as con:
        mapped = "select address_id, article_id, is_variant from"
        by_mart = set(con.sql(f"{mapped} article_addresses").fetchall())
        by_macro = set(con.sql(f"{mapped} addresses_as_of('infinity')").fetchall())
    assert by_macro <= by_mart
    assert {row for row in by_mart if row[0] != row[1]} <= by_macro
    filled = ("article_revisions", "word_changes", "persons", "article_absences", "backfills", "authors")
    assert all(anew[f"main.{mart}"] for mart in filled)
