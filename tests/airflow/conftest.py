"""The services of both Compose files, with the variables filled in that have no default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.compose_file import CLUSTER, FILLED_IN, FILLED_IN_CLUSTER, ONE_HOST, Service, read


@pytest.fixture(scope="module", params=[ONE_HOST, CLUSTER], ids=lambda path: path.stem)
def compose(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def services(compose: Path) -> dict[str, Service]:
    found: dict[str, Service] = read(compose, FILLED_IN_CLUSTER)["services"]
    return found


@pytest.fixture(scope="module")
def one_host() -> dict[str, Service]:
    found: dict[str, Service] = read(ONE_HOST, FILLED_IN)["services"]
    return found


@pytest.fixture(scope="module")
def cluster() -> dict[str, Service]:
    found: dict[str, Service] = read(CLUSTER, FILLED_IN_CLUSTER)["services"]
    return found
