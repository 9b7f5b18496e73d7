"""Captured pages are revisited at growing ages; each visit is recorded, and changed pages are captured again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.errors import SettingsError
from pipeline.events import AddressesJoined, JoinEvidence
from pipeline.settings import Settings, load_settings
from pipeline.steps.join import part
from pipeline.steps.revisit import due_pages, sources_due
from pipeline.steps.run.progress import Progress
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.steps.revisits import DAY, HOUR, due, look, looks, looks_again, outcomes
from tests.worlds.loopback import Answer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow


def test_a_page_is_revisited_once_at_each_age(captured: World) -> None:
    made = []
    for hours in (0.5, 1.1, 2, 5, 6.1, 12, 24.1, 48, 72.1, 100, 168.1, 400, 720.1, 800, 1000):
        captured.ahead = hours * HOUR
        made.append(look(captured).count("article_revisited"))
    assert made == [0, 2, 0, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 0]
    assert {path: count for path, count in captured.web.asked.items() if path in ("/a", "/b")} == {"/a": 7, "/b": 7}


def test_missed_revisits_are_replaced_by_one(captured: World) -> None:
    captured.ahead = 4 * DAY
    assert look(captured).counts == {"article_revisited": 2}
    assert look(captured).counts == {}
    captured.ahead = 50 * DAY
    assert look(captured).counts == {}, "nothing ran for so long that it is not made up"


@pytest.mark.parametrize(
    ("evidence", "seen"),
    [(JoinEvidence.GUID, "/b"), (JoinEvidence.MOVED, "/b"), (JoinEvidence.CANONICAL, "/a")],
    ids=["the article has a new address", "the article has moved", "another form of the page"],
)
def test_one_of_two_joined_addresses_is_revisited(captured: World, evidence: JoinEvidence, seen: str) -> None:
    first, other = captured.rows("select * from ledger.article_captured order by url")
    joined = AddressesJoined(
        stream=first["stream"],
        occurred_at=captured.now,
        producer="join@1",
        caused_by=UUID(other["event_id"]),
        source_id=captured.source.id,
        article_id=UUID(first["article_id"]),
        other_article_id=UUID(other["article_id"]),
        url=first["url"],
        other_url=other["url"],
        evidence=evidence,
    )
    with captured.stores() as stores:
        stores.record([joined])
    captured.ahead = 2 * HOUR
    assert look(captured).counts == {"article_revisited": 1}
    assert len(looks(captured, seen)) == 1
    with captured.stores() as stores:
        part(stores, first["url"], other["url"])
    captured.ahead = 7 * HOUR
    assert look(captured).counts == {"article_revisited": 2}


def test_the_ages_are_a_setting(captured: World) -> None:
    captured.settings = captured.settings.model_copy(update={"revisit_after": (2 * DAY,)})
    captured.ahead = DAY
    assert due(captured) == 0
    captured.ahead = 3 * DAY
    assert due(captured) == 2
    captured.settings = captured.settings.model_copy(update={"revisit_after": ()})
    assert due(captured) == 0


def test_an_unchanged_page_is_a_revisit_record_and_two_looks_are_two_events(captured: World) -> None:
    for ahead in (2 * HOUR, 7 * HOUR):
        captured.ahead = ahead
        look(captured)
    first, second = looks(captured)
    assert outcomes(captured) == [("unchanged", 200, None, 1)] * 2
    assert (first["warc_type"], second["warc_type"]) == ("revisit", "revisit")
    assert first["event_id"] != second["event_id"]
    (capture,) = captured.rows(f"select * from ledger.article_captured where article_id = '{captured.id('/a')}'")
    assert first["capture_id"] == second["capture_id"] == first["caused_by"] == capture["event_id"]
    assert second["caused_by"] == first["event_id"]
    assert first["payload_digest"] == capture["payload_digest"]


@pytest.mark.ducklake
def test_a_changed_page_is_captured_and_read(captured: World) -> None:
    captured.ingest()
    captured.web.page("/a", "Ferry saved", *PARAGRAPHS)
    captured.ahead = 2 * HOUR
    assert look(captured).counts == {"article_revisited": 2, "article_captured": 1}
    assert outcomes(captured) == [("changed", 200, None, 1)]
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS)
    captured.ahead = 7 * HOUR
    assert look(captured).counts == {"article_revisited": 2, "article_captured": 1}
    captures = captured.rows(
        "select warc_type, caused_by, payload_digest from ledger.article_captured"
        f" where article_id = '{captured.id('/a')}' order by position"
    )
    assert [row["warc_type"] for row in captures] == ["response", "response", "revisit"], "it reads as it did at first"
    assert [row["caused_by"] for row in captures[1:]] == [row["event_id"] for row in looks(captured)]
    counts = captured.ingest().counts
    assert counts["article_extracted"] == 1
    headlines = captured.rows(
        f"select headline from ledger.article_extracted where article_id = '{captured.id('/a')}' order by position"
    )
    assert [row["headline"] for row in headlines] == ["Ferry adrift", "Ferry saved"]


def test_a_page_is_asked_for_conditionally_but_not_after_a_304(captured: World) -> None:
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS, etag='"one"')
    for ahead in (2 * HOUR, 7 * HOUR, 25 * HOUR, 4 * DAY):
        captured.ahead = ahead
        look(captured)
    assert [(row["status"], row["conditional"], row["outcome"]) for row in looks(captured)] == [
        (200, False, "unchanged"),
        (304, True, "unchanged"),
        (200, False, "unchanged"),
        (304, True, "unchanged"),
    ]


def test_a_page_captured_for_another_reason_since_is_asked_for_whole(captured: World) -> None:
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS, etag='"one"')
    captured.ahead = 2 * HOUR
    look(captured)
    captured.web.page("/a", "Ferry saved", *PARAGRAPHS, etag='"two"')
    captured.web.feed("/feed.xml", ("/a", "Ferry saved"), ("/b", "Harbour reopened"))
    captured.ahead = 3 * HOUR
    captured.collect()
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS, etag='"one"')
    captured.ahead = 10 * HOUR
    look(captured)
    assert [(row["conditional"], row["outcome"]) for row in looks(captured)] == [
        (False, "unchanged"),
        (False, "changed"),
    ]


@pytest.mark.ducklake
def test_every_answer_is_in_the_archive(captured: World) -> None:
    captured.web.page("/a", "Ferry saved", *PARAGRAPHS)
    captured.web.answers["/b"] = Answer(b"<p>taken down</p>", status=410)
    captured.ahead = 2 * HOUR
    look(captured)
    (missing,) = looks(captured, "/b")
    location = Location(missing["warc_file"], missing["warc_offset"], missing["warc_length"])
    assert read_page(archive_storage(captured.settings), location).body == b"<p>taken down</p>"
    with captured.stores() as stores:
        proof = verify_installation(captured.settings, stores.ledger, stores.now(), archive=ArchivePart.ALL)
    assert (proof.records, proof.findings) == (6, ()), "a poll, three captures and two looks"


def test_an_interrupted_run_records_what_it_has_seen_and_the_next_resumes(world: World) -> None:
    links = [(f"/{n}", f"Story {n}") for n in range(30)]
    world.web.feed("/feed.xml", *links)
    for path, title in links:
        world.web.page(path, title, *PARAGRAPHS)
    world.collect()
    looks_again(world)
    world.ahead = 2 * HOUR

    def interrupt(tick: Progress) -> None:
        if tick.step == "revisit" and tick.done == 10:
            raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        look(world, interrupt)
    (row,) = world.rows("select count(*) as seen from ledger.article_revisited")
    assert 9 <= row["seen"] < 30
    assert look(world).counts == {"article_revisited": 30 - row["seen"]}


def test_a_run_revisits_a_limited_number_of_pages_of_a_source_the_newest_first(captured: World) -> None:
    captured.web.page("/c", "Late story", *PARAGRAPHS)
    captured.web.feed("/feed.xml", ("/c", "Late story"))
    captured.ahead = 2 * HOUR
    captured.collect()
    captured.ahead = 8 * HOUR
    with captured.stores() as stores:
        pages = due_pages(stores.ledger, captured.settings.revisit_after, stores.now(), [captured.source.id], most=1)
    assert [page.article_id for page in pages] == [captured.id("/c")]


def test_a_source_is_due_while_one_of_its_pages_is(captured: World) -> None:
    def due_ids() -> set[str]:
        with captured.stores() as stores:
            ages = captured.settings.revisit_after
            return sources_due(stores.ledger, ages, stores.now(), [captured.source.id, "unknown"])

    assert due_ids() == set()
    captured.ahead = 2 * HOUR
    assert due_ids() == {captured.source.id}
    look(captured)
    assert due_ids() == set()


def test_two_runs_from_the_same_state_record_one_event(captured: World) -> None:
    """As when a run is killed after the look and before the append: the same look has the same id."""
    captured.ahead = 2 * HOUR
    with captured.stores() as stores:
        first, *_ = due_pages(stores.ledger, captured.settings.revisit_after, stores.now(), [captured.source.id], 9)
        again, *_ = due_pages(stores.ledger, captured.settings.revisit_after, stores.now(), [captured.source.id], 9)
    assert first == again
    assert first.last_seen_id == first.capture_id


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("30m,6h", (timedelta(minutes=30), 6 * HOUR)),
        (" 1D , 60d", (DAY, 60 * DAY)),
        ("", ()),
    ],
)
def test_ages_are_written_as_numbers_with_units(
    monkeypatch: pytest.MonkeyPatch, text: str, ages: tuple[timedelta, ...]
) -> None:
    monkeypatch.setenv("NEWSLEDGER_REVISIT_AFTER", text)
    assert load_settings().revisit_after == ages


@pytest.mark.parametrize("text", ["6h,1h", "1h,1h", "0h", "1w", "1", "-1h", "61d", "1h;6h"])
def test_ages_that_make_no_schedule_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NEWSLEDGER_REVISIT_AFTER", text)
    with pytest.raises(SettingsError, match="NEWSLEDGER_REVISIT_AFTER"):
        load_settings()


def test_the_default_schedule() -> None:
    assert Settings.model_fields["revisit_after"].get_default() == (HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
