"""The network in which the tests of this folder run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.machines import Network, missing_programs


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    missing = missing_programs()
    if missing:
        pytest.fail(f"this needs {', '.join(missing)}: apt-get install iproute2 bubblewrap postgresql redis-server")
    with Network.joined(tmp_path) as joined:
        yield joined
