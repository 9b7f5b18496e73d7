"""Commands killed at ten random moments spread over the phases, with each kind of catalog. `make kills` kills more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.kills import Round
from tests.worlds.ledgers import NewData
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer

pytestmark = pytest.mark.slow(longest=True)


def test_commands_killed_at_random_moments_lose_and_double_nothing(tmp_path: Path, new_data: NewData) -> None:
    new_data(tmp_path / "data")
    _kill_ten(tmp_path, {})


def test_commands_killed_beside_a_ledger_in_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    (tmp_path / "data").mkdir()
    _kill_ten(tmp_path, {"NEWSLEDGER_CATALOG": postgres_server.new_database()})


def _kill_ten(folder: Path, places: dict[str, str]) -> None:
    with WebServer() as web:
        trials = Round(folder, web, "tests", places)
        trials.kill(10)
        trials.finish()
    assert {*trials.kills.values()} == {1, 2}, "the kills are spread over all phases"
