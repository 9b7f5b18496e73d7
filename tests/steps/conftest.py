"""Pages to visit again."""

from __future__ import annotations

import pytest

from tests.steps.revisits import looks_again
from tests.worlds.world import World


@pytest.fixture
def captured(world: World) -> World:
    """Both pages have just been captured."""
    assert world.collect().counts["article_captured"] == 2
    looks_again(world)
    return world
