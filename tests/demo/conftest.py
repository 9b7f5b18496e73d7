"""The sample newsroom as a client sees it, at the time that a test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.demo.newsroom import Newsroom
from tests.demo.reader import Clock, Reader


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def newsroom(clock: Clock) -> Iterator[Newsroom]:
    with Newsroom(clock) as running:
        yield running


@pytest.fixture
def reader(newsroom: Newsroom, clock: Clock) -> Reader:
    clock.set(1, "00:00")
    return Reader(newsroom, clock)
