"""Captured pages are revisited at growing ages; each visit is recorded, and changed pages are captured again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.collect.http.hosts import CONNECTIONS
from pipeline.errors import SettingsError
from pipeline.events import AddressesJoined, JoinEvidence
from pipeline.settings import Settings, load_settings
from pipeline.steps.join import part
from pipeline.steps.revisit import due_pages, revisit_source, sources_due
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import polite_client
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def look(world: World, stores: Stores | None = None) -> StepResult:
    """A run that does nothing but look at what is due."""

    async def run(stores: Stores) -> StepResult:
        async with polite_client(world.settings, [world.source], stores.now) as client:
            return await revisit_source(stores, client, world.source)

    with stores or world.stores() as opened:
        return asyncio.run(run(opened))


def looks(world: World, path: str = "/a") -> list[dict[str, Any]]:
    return world.rows(f"select * from ledger.article_revisited where article_id = '{world.id(path)}' order by position")


def outcomes(world: World, path: str = "/a") -> list[tuple[Any, ...]]:
    return [(row["outcome"], row["status"], row["reason"], row["attempt"]) for row in looks(world, path)]


def due(world: World) -> int:
    with world.stores() as stores:
        return len(due_pages(stores.ledger, world.settings.revisit_after, stores.now(), [world.source.id], 99))


def looks_again(world: World) -> None:
    """By the default schedule."""
    world.settings = world.settings.model_copy(update={"revisit_after": Settings().revisit_after})


@pytest.fixture
def captured(world: World) -> World:
    """Both pages have just been captured."""
    assert world.collect().counts["article_captured"] == 2
    looks_again(world)
    return world


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
    [(JoinEvidence.GUID, "/b"), (JoinEvidence.CANONICAL, "/a")],
    ids=["the article has moved", "another form of the page"],
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


UNREACHABLE: dict[str, tuple[Answer, tuple[str, int, str]]] = {
    "not found": (Answer(status=404), ("missing", 404, "http_4xx")),
    "gone": (Answer(status=410), ("missing", 410, "gone")),
    "a page that says it was not found": (
        Answer(b"<title>Page not found | Ferry Post</title>"),
        ("missing", 200, "soft_404"),
    ),
    "the front page": (Answer(status=302, headers={"Location": "/"}), ("missing", 200, "to_front_page")),
    "a section": (Answer(status=302, headers={"Location": "/politics/"}), ("missing", 200, "to_other_page")),
    "a known article": (Answer(status=301, headers={"Location": "/b?from=rss"}), ("missing", 200, "to_other_page")),
    "another article": (
        Answer(status=301, headers={"Location": "/all-politics-news-today"}),
        ("failed", 200, "to_other_article"),
    ),
    "a login": (Answer(status=302, headers={"Location": "/login?to=/a"}), ("failed", 200, "to_wall")),
    "forbidden": (Answer(status=403), ("failed", 403, "http_4xx")),
    "a server error": (Answer(status=500), ("failed", 500, "http_5xx")),
    "a PDF": (Answer(b"%PDF", content_type="application/pdf"), ("failed", 200, "not_html")),
}
"""How the server answers when the page is fetched again, and the outcome, status and reason of the revisit."""


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One page for each answer: captured, then unreachable for 30 hours, then back."""
    paths = [f"/{number}" for number in range(len(UNREACHABLE))]
    with WebServer() as web:
        web.feed("/feed.xml", ("/b", "Harbour reopened"), *((path, f"Story {path}") for path in paths))
        for path in ("/b", "/", "/politics/", "/b?from=rss", "/all-politics-news-today", "/login?to=/a", *paths):
            web.page(path, f"Story {path}", *PARAGRAPHS)
        world = World(tmp_path_factory.mktemp("unreachable"), web)
        assert world.collect().counts["article_captured"] == len(paths) + 1
        looks_again(world)
        pages = {path: web.answers[path] for path in paths}
        web.answers |= {path: answer for path, (answer, _) in zip(paths, UNREACHABLE.values(), strict=True)}
        for hours in (1.1, 1.5, 2.2, 5, 6.3, 7.5, 20, 24.2, 30):
            world.ahead = hours * HOUR
            look(world)
        web.answers |= pages
        world.ahead = 73 * HOUR
        look(world)
        yield world


@pytest.mark.parametrize("name", UNREACHABLE)
def test_an_unreachable_page_is_retried_soon_and_then_at_its_next_age(unreachable: World, name: str) -> None:
    path, (_, outcome) = f"/{list(UNREACHABLE).index(name)}", UNREACHABLE[name]
    assert outcomes(unreachable, path) == [
        *((*outcome, attempt) for attempt in (1, 2, 3, 4)),
        ("unchanged", 200, None, 1),
    ]
    captures = f"select 1 from ledger.article_captured where article_id = '{unreachable.id(path)}'"
    assert len(unreachable.rows(captures)) == 1


def test_a_page_on_another_site_is_another_page(captured: World) -> None:
    captured.settings = captured.settings.model_copy(update={"allow_hosts": ("127.0.0.1", "localhost")})
    with WebServer() as other:
        other.page("/a", "Another paper", *PARAGRAPHS)
        location = f"{other.base}/a".replace("127.0.0.1", "localhost")
        captured.web.answers["/a"] = Answer(status=302, headers={"Location": location})
        captured.ahead = 2 * HOUR
        look(captured)
    assert outcomes(captured) == [("failed", 200, "to_other_site", 1)]
    assert looks(captured)[0]["final_url"] == location


def test_a_renamed_article_is_still_revisited(captured: World) -> None:
    captured.web.answers["/a"] = Answer(status=301, headers={"Location": "/ferry-saved"})
    head = f'<link rel="canonical" href="{captured.web.base}/a">'
    page = f"<html><head><title>Ferry saved</title>{head}</head><body><p>{PARAGRAPHS[0]}</p></body></html>"
    captured.web.answers["/ferry-saved"] = Answer(page.encode())
    captured.ahead = 2 * HOUR
    look(captured)
    captured.web.answers["/ferry-saved"] = Answer(page.replace(head, "").encode())
    captured.ahead = 7 * HOUR
    look(captured)
    assert outcomes(captured) == [("changed", 200, None, 1)] * 2, "it was captured there: that address is known, too"


def test_an_address_of_the_feed_s_that_leads_to_the_article_is_the_article(world: World) -> None:
    world.web.feed("/feed.xml", ("/go/1", "Ferry adrift"))
    world.web.answers["/go/1"] = Answer(status=302, headers={"Location": "/a"})
    world.collect()
    looks_again(world)
    world.ahead = 2 * HOUR
    look(world)
    world.web.answers["/go/1"] = Answer(status=302, headers={"Location": "/b"})
    world.ahead = 7 * HOUR
    look(world)
    assert outcomes(world, "/go/1") == [("unchanged", 200, None, 1), ("missing", 200, "to_other_page", 1)]


def test_another_page_that_is_unmodified_says_nothing_of_the_article(captured: World) -> None:
    """The page's validators are sent wherever it leads."""
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS, etag='"one"')
    captured.ahead = 2 * HOUR
    look(captured)
    captured.web.page("/politics/", "All politics", *PARAGRAPHS, etag='"one"')
    captured.web.answers["/a"] = Answer(status=302, headers={"Location": "/politics/"})
    for hours in (7, 8.1):
        captured.ahead = hours * HOUR
        look(captured)
    assert outcomes(captured)[1:] == [
        ("failed", 304, "to_other_page", 1),
        ("missing", 200, "to_other_page", 2),
    ]


def test_a_host_that_asks_for_time_is_not_asked_and_its_pages_stay_due(captured: World) -> None:
    for path in ("/a", "/b"):
        captured.web.answers[path] = Answer(status=503, headers={"Retry-After": "7200"})
    captured.ahead = 2 * HOUR
    look(captured)
    asked = captured.web.asked["/a"] + captured.web.asked["/b"]
    captured.ahead = 3.5 * HOUR
    look(captured)
    assert captured.web.asked["/a"] + captured.web.asked["/b"] == asked
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS)
    captured.web.page("/b", "Harbour reopened", *reversed(PARAGRAPHS))
    captured.ahead = 7 * HOUR
    look(captured)
    assert {outcomes(captured, path)[-1][0] for path in ("/a", "/b")} == {"unchanged"}


def test_no_further_page_of_a_host_that_asks_for_time_is_revisited(world: World) -> None:
    paths = [f"/{n}" for n in range(3 * CONNECTIONS)]
    world.web.feed("/feed.xml", *((path, f"Story {path}") for path in paths))
    for path in paths:
        world.web.page(path, f"Story {path}", *PARAGRAPHS)
    assert world.collect().counts["article_captured"] == len(paths)
    looks_again(world)
    for path in paths:
        world.web.answers[path] = Answer(status=503, headers={"Retry-After": "7200"})
    world.ahead = 2 * HOUR
    result = look(world)
    asked = result.count("article_revisited")
    assert 1 <= asked <= CONNECTIONS, "those under way at the same time"
    assert sum(world.web.asked[path] for path in paths) == len(paths) + asked
    assert len(result.notices) == 1
    assert due(world) == len(paths) - asked


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

    with world.stores() as prepared:
        run = prepared.run
    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        look(world, Stores(world.settings, run, interrupt))
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
