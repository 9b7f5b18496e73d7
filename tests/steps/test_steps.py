"""The steps: pending ▶ work ▶ append, on a real ledger and archive, against a real server; again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.errors import NewsledgerError
from pipeline.ids import digest
from pipeline.interval import Interval
from pipeline.ledger import verify
from pipeline.ledger.log import utc_now
from pipeline.steps.annotate import annotate, pending_texts
from pipeline.steps.collect import collect
from pipeline.steps.extract import extract, pending_captures
from pipeline.steps.extraction_task import extract_capture
from pipeline.steps.run.run_interval import RunInterval, lookback, run_interval
from pipeline.workers import parallel_map
from tests.worlds.loopback import Answer
from tests.worlds.stored import stored_files
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def test_every_event_leads_back_to_the_bytes(world: World) -> None:
    world.ingest()
    (chain,) = world.rows(
        """
        select quote.text, quote.start_char, quote.end_char, quote.person, extraction.text as article, capture.*
        from ledger.quote_extracted as quote
        join ledger.article_extracted as extraction on extraction.event_id = quote.caused_by
        join ledger.article_captured as capture on capture.event_id = extraction.caused_by
        join ledger.item_discovered as item on item.event_id = capture.caused_by
        join ledger.feed_polled as poll on poll.event_id = item.caused_by
        where item.title = 'Ferry adrift' and quote.kind = 'direct'
        """
    )
    assert chain["article"][chain["start_char"] : chain["end_char"]] == chain["text"]
    assert chain["text"].startswith("We had no choice")
    assert chain["person"] == "Ada Lindqvist"
    page = read_page(
        archive_storage(world.settings), Location(chain["warc_file"], chain["warc_offset"], chain["warc_length"])
    )
    assert page.body == world.web.answers["/a"].body
    assert digest(page.body) == chain["payload_digest"]


def test_running_again_appends_only_the_polls(world: World) -> None:
    first = world.ingest()
    assert (
        first.counts["article_captured"] == first.counts["article_extracted"] == first.counts["article_annotated"] == 2
    )
    again = world.ingest()
    assert again.counts == {"feed_polled": 1}
    assert world.web.asked["/a"] == world.web.asked["/b"] == 1


def test_each_step_alone_run_twice_appends_nothing(world: World) -> None:
    world.ingest()
    with world.stores() as stores:
        interval = lookback(world.settings, stores.now())
        assert extract(stores, interval).counts == {}
        assert annotate(stores, interval).counts == {}


def test_an_unchanged_page_is_a_revisit_and_not_extracted_again(world: World) -> None:
    world.ingest()
    world.web.feed("/feed.xml", ("/a", "Ferry adrift, says master"), ("/b", "Harbour reopened"))
    result = world.ingest()
    assert result.counts == {"feed_polled": 1, "item_discovered": 1, "article_captured": 1}
    (revisit,) = world.rows("select warc_type from ledger.article_captured order by position desc limit 1")
    assert revisit["warc_type"] == "revisit"
    assert world.ingest().counts == {"feed_polled": 1}


def test_a_newer_producer_makes_everything_pending_again_at_the_records_that_hold_the_bytes(world: World) -> None:
    world.ingest()
    world.web.feed("/feed.xml", ("/a", "Ferry adrift, says master"), ("/b", "Harbour reopened"))
    world.ingest()  # a revisit of /a
    with world.stores() as stores:
        interval = lookback(world.settings, stores.now())
        assert pending_captures(stores.ledger, interval) == []
        assert pending_texts(stores.ledger, interval) == []
        captures = pending_captures(stores.ledger, interval, producer="extract@999")
        texts = pending_texts(stores.ledger, interval, producer="annotate@999")
    assert {capture.article_id for capture in captures} == {world.id("/a"), world.id("/b")}
    assert len(texts) == 2
    for capture in captures:
        where = Location(capture.warc_file, capture.warc_offset, capture.warc_length)
        assert read_page(archive_storage(world.settings), where).body


def test_damaged_record_costs_one_page_which_is_read_after_a_restore(world: World) -> None:
    with world.stores() as stores:
        collect(stores, [world.source])
        (victim, _) = pending_captures(stores.ledger, lookback(world.settings, stores.now()))
    files, name = stored_files(world.settings), f"archive/{victim.warc_file}"
    whole = files[name]
    middle = victim.warc_offset + victim.warc_length // 2
    files[name] = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    result = world.ingest()
    assert result.counts["article_extracted"] == 1
    assert [victim.url in problem and victim.warc_file in problem for problem in result.problems] == [True]
    with pytest.raises(NewsledgerError, match=victim.url):
        result.require_success()
    files[name] = whole
    again = world.ingest()
    assert again.counts["article_extracted"] == 1
    assert again.problems == ()


def test_a_clock_that_jumps_loses_and_doubles_nothing(world: World) -> None:
    links = [("/a", "Ferry adrift"), ("/b", "Harbour reopened")]
    for number, days in enumerate((0, -400, 800, -400)):
        world.later(days=days, hours=1)
        links.append((f"/{number}", f"Mole {number} repaired"))
        world.web.feed("/feed.xml", *links)
        world.web.page(f"/{number}", f"Mole {number} repaired", *PARAGRAPHS[1:])
        assert world.ingest().problems == ()
    for event in ("item_discovered", "article_captured", "article_extracted"):
        counted = world.rows(f"select count(*) as n, count(distinct article_id) as articles from ledger.{event}")
        assert counted == [{"n": 6, "articles": 6}], event
    assert [world.web.asked[path] for path, _ in links] == [1] * 6
    assert world.verify().findings == ()


def test_a_page_without_text_is_a_recorded_failure(world: World) -> None:
    world.web.answers["/a"] = Answer(b"<html><body></body></html>")
    world.ingest()
    (failure,) = world.rows("select reason, article_id from ledger.extraction_failed")
    assert failure["article_id"] == str(world.id("/a"))
    assert failure["reason"]
    assert world.ingest().counts == {"feed_polled": 1}


def test_more_workers_give_the_same_events(world: World) -> None:
    links = [(f"/{n}", f"Story number {n}") for n in range(50)]
    world.web.feed("/feed.xml", *links)
    for path, title in links:
        world.web.page(path, title, *PARAGRAPHS)
    with world.stores() as stores:
        collect(stores, [world.source])
        captures = pending_captures(stores.ledger, lookback(world.settings, stores.now()))
        work = partial(extract_capture, archive_storage(world.settings), stores.now())
        assert list(parallel_map(work, captures, jobs=2)) == list(parallel_map(work, captures, jobs=1))


def test_what_a_killed_run_left_undone_is_done_by_the_next(world: World) -> None:
    with world.stores() as stores:
        collect(stores, [world.source])
    result = world.ingest()
    assert "article_captured" not in result.counts
    assert result.counts["article_extracted"] == result.counts["article_annotated"] == 2
    assert result.counts["quote_extracted"] >= 2


def test_a_run_without_an_interval_fails_loudly(world: World) -> None:
    now = utc_now()
    for end in (now, now - timedelta(days=1)):
        with pytest.raises(ValueError, match="interval"):
            run_interval(Interval(now, end), started_at=now, now=now, settings=world.settings)


def test_a_scheduled_run_is_live_and_an_old_interval_is_not(world: World) -> None:
    now, day = utc_now(), timedelta(days=1)

    def works_on(days_ago: int, started_at: datetime = now) -> RunInterval:
        interval = Interval(now - days_ago * day, now - (days_ago - 1) * day)
        return run_interval(interval, started_at=started_at, now=now, settings=world.settings)

    assert works_on(1) == RunInterval(Interval(now - 7 * day, now), polls=True)
    assert not works_on(3).polls
    assert works_on(60) == RunInterval(Interval(now - 60 * day, now - 59 * day), polls=False)
    assert works_on(2, now - timedelta(minutes=1)) == works_on(1), "it was the latest day when the run started"


def test_an_old_interval_is_worked_on_without_polling(world: World) -> None:
    world.ahead = timedelta(days=-30)
    with world.stores() as stores:
        collect(stores, [world.source])
        then = stores.now()
    world.ahead = timedelta()
    with world.stores() as stores:
        interval = Interval(then - timedelta(days=1), then)
        assert extract(stores, interval).counts["article_extracted"] == 2
        assert annotate(stores, interval).counts["article_annotated"] == 2
        assert verify(stores.ledger).findings == ()
