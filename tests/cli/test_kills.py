"""Twenty commands killed at random moments, each catalog in half of the phases. `make kills` kills more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.kills import PHASES, Round
from tests.worlds.ledgers import NewData
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer

pytestmark = pytest.mark.slow(longest=True)


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def on_one_machine(web: WebServer, new_data: NewData) -> Round:
    return Round(new_data("kills").data.parent, web, "tests", {}, PHASES[::2])


def test_commands_killed_at_random_moments_lose_and_double_nothing(on_one_machine: Round) -> None:
    _kill_ten(on_one_machine)


def test_commands_killed_beside_a_ledger_in_postgresql(
    on_one_machine: Round, web: WebServer, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    (tmp_path / "data").mkdir()
    places = {"NEWSLEDGER_CATALOG": postgres_server.new_database()}
    _kill_ten(Round(tmp_path, web, "tests", places, PHASES[1::2], on_one_machine.seconds))


def _kill_ten(trials: Round) -> None:
    trials.kill(10)
    trials.finish()
    assert sorted(trials.kills.values()) == [2, 2, 3, 3]
