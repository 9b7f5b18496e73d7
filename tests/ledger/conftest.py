"""Ledgers on one machine and of several machines, with files in a folder and in S3.

Every test that asks for `catalog` or `ledger` runs on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.places import LedgerPlace, PostgresPlace
from tests.worlds.postgres import PostgresServer


@pytest.fixture
def local_catalog(tmp_path: Path) -> Path:
    """The place of a ledger on one machine, for what only files can suffer."""
    return tmp_path / "ledger.sqlite"


@pytest.fixture(params=["sqlite", "postgres", "s3"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerPlace:
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    s3 = request.getfixturevalue("s3_place").below("ledger") if request.param == "s3" else None
    return PostgresPlace(server.new_database(), tmp_path / "ledger", s3)


@pytest.fixture
def ledger(catalog: LedgerPlace) -> Iterator[Ledger]:
    with Ledger.open(catalog) as opened:
        yield opened
