"""A reader who asks too often waits, and the others do not notice."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from pipeline.pages import live_pages
from pipeline.pages.reader_limits import AT_ONCE, READERS_KNOWN, ReaderLimits
from tests.pages.serving import parsed, served
from tests.worlds.running import Demo


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def turn(limits: ReaderLimits, reader: str) -> int:
    """Ask for a page and read it; the seconds to wait, or 0."""
    wait = limits.begin(reader)
    if not wait:
        limits.end(reader)
    return wait


def test_reader_waits_after_a_burst_and_gets_pages_again() -> None:
    clock = Clock()
    limits = ReaderLimits(burst=3, per_second=0.5, clock=clock)
    assert [turn(limits, "ann") for _ in range(4)] == [0, 0, 0, 2]
    assert turn(limits, "ben") == 0
    clock.now = 2.0
    assert [turn(limits, "ann") for _ in range(2)] == [0, 2]
    clock.now = 1_000.0
    assert [turn(limits, "ann") for _ in range(4)] == [0, 0, 0, 2]


def test_reader_gets_few_pages_at_the_same_time() -> None:
    limits = ReaderLimits(clock=Clock())
    assert [limits.begin("ann") for _ in range(AT_ONCE + 1)] == [0] * AT_ONCE + [1]
    assert limits.begin("ben") == 0
    limits.end("ann")
    assert limits.begin("ann") == 0


def test_readers_are_forgotten_when_there_are_too_many() -> None:
    limits = ReaderLimits(burst=1, per_second=0.5, clock=Clock())
    assert limits.begin("ann") == 0
    for number in range(READERS_KNOWN):
        turn(limits, str(number))
    limits.end("ann")
    assert turn(limits, "ann") == 0, "ann is new again"


def test_server_works_on_few_pages_at_the_same_time(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_pages, "AT_ONCE", 0)
    with served(demo.data) as browser:
        answer = browser.get("/backfills")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


def test_server_says_when_to_come_back(demo: Demo) -> None:
    with served(demo.data, ReaderLimits(burst=2, per_second=0.001)) as browser:
        assert [browser.get("/backfills").status for _ in range(2)] == [200, 200]
        for address in ("/", "/changes.atom", "/record/1"):
            answer = browser.get(address)
            assert answer.status == 429
            assert 990 < int(answer.headers["Retry-After"]) <= 1_000
            page = parsed(answer.text)
            assert "Too many pages at once: try again in" in page.xpath("string(//main)")
            assert browser.get(urljoin(address, page.xpath("//nav//a/@href")[0])).status == 429
