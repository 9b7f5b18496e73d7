"""Twenty commands killed at random moments, half of the phases on one host, half on a cluster. make kills does 200."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.kills import PHASES, Places, Round, cluster_places
from tests.worlds.ledgers import NewData
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer
from tests.worlds.s3 import S3Server

pytestmark = pytest.mark.slow(longest=True)


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def on_one_machine(web: WebServer, new_data: NewData) -> Round:
    return Round(new_data("kills").data.parent, web, "tests", Places(), PHASES[::2])


def test_commands_killed_at_random_moments_lose_and_double_nothing(on_one_machine: Round) -> None:
    _kill_ten(on_one_machine)


def test_commands_killed_on_a_cluster(
    on_one_machine: Round, web: WebServer, tmp_path: Path, postgres_server: PostgresServer, s3_server: S3Server
) -> None:
    (tmp_path / "data").mkdir()
    places = cluster_places(postgres_server, s3_server)
    _kill_ten(Round(tmp_path, web, "tests", places, PHASES[1::2], on_one_machine.seconds))


def _kill_ten(trials: Round) -> None:
    trials.kill(10)
    trials.finish()
    assert sorted(trials.kills.values()) == [2, 2, 3, 3]
