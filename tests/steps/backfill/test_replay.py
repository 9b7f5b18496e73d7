"""replay: archived captures are read again, without a request; what a run has done is counted once."""

from __future__ import annotations

import msgspec
import pytest

from pipeline.events import ArticleExtracted
from pipeline.ids import article_id
from pipeline.ledger.log import utc_now
from pipeline.steps.backfill.backfill import Wanted, backfill, finish, numbers_of_run
from pipeline.steps.backfill.recover import recover
from pipeline.steps.backfill.replay import Captures, replayable_captures, replayable_texts, scope_of
from tests.worlds.loopback import Answer
from tests.worlds.outlet import DAY, MORNING, NOON, RSS, Outlet, fates

pytestmark = pytest.mark.slow


def read_by_an_older_version(past: Outlet) -> None:
    """Give every capture an extraction by an extractor that is long gone."""
    with past.stores() as stores:
        captures = replayable_captures(stores, scope_of(stores, DAY, [past.source.id]), producer="extract@0")
        stores.record(
            [
                ArticleExtracted(
                    stream=f"article:{capture.article_id}",
                    occurred_at=past.now,
                    producer="extract@0",
                    caused_by=capture.capture_id,
                    source_id=capture.source_id,
                    article_id=capture.article_id,
                    url=capture.url,
                    payload_digest=capture.payload_digest,
                    text="as it was read then",
                    word_count=5,
                    text_digest="sha256:old",
                )
                for capture in captures
            ]
        )


def test_without_replay_a_run_extracts_only_its_own_captures(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    assert fates(past.backfill(replay=False)) == {"found": 1, "recovered": 1}
    assert len(past.rows("select 1 from ledger.article_annotated")) == 1


def test_a_capture_that_only_an_older_version_has_read_is_replayed_without_a_request(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.site.answers["/feed.xml"] = Answer(
        f"<rss version='2.0'><channel><item><link>{past.site.base}/ferry-held-back</link>"
        "<pubDate>Sat, 14 Mar 2026 07:00:00 GMT</pubDate></item></channel></rss>".encode(),
        content_type=RSS,
    )
    past.collect()  # in June, so it was captured then
    read_by_an_older_version(past)
    asked = past.site.asked.total()
    assert fates(past.backfill(recover=False, replay=False)) == {"known": 1, "waiting": 1}
    assert fates(past.backfill(recover=False)) == {"known": 1, "replayed": 1}
    assert fates(past.backfill(recover=False)) == {"known": 1, "unchanged": 1}
    assert past.site.asked.total() == asked
    older, newer = past.rows("select producer from ledger.article_extracted order by position")
    assert older["producer"] == "extract@0" != newer["producer"]


def test_a_newer_producer_would_have_all_records_read_again(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.put_in_sitemap("/ferry-taken-down", NOON)
    past.keep("/ferry-taken-down", NOON)
    past.backfill()
    with past.stores() as stores:
        scope = scope_of(stores, DAY, [past.source.id])
        assert replayable_captures(stores, scope) == []
        assert replayable_texts(stores, scope) == []
        newer = replayable_captures(stores, scope, producer="extract@999")
        assert {capture.article_id for capture in newer} == {
            article_id(past.site.base + path) for path in ("/ferry-held-back", "/ferry-taken-down")
        }
        assert len(replayable_texts(stores, scope, producer="annotate@999")) == 2
        assert replayable_captures(stores, scope, Captures.OWN, producer="extract@999") == []
        assert replayable_captures(stores, scope_of(stores, DAY, []), producer="extract@999") == []


def test_a_page_that_was_seen_twice_is_replayed_from_the_record_with_its_bytes(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    link = f"<link>{past.site.base}/ferry-held-back</link><pubDate>Sat, 14 Mar 2026 07:00:00 GMT</pubDate>"
    for title in ("Ferry", "Ferry held back"):
        body = f"<rss version='2.0'><channel><item>{link}<title>{title}</title></item></channel></rss>"
        past.site.answers["/feed.xml"] = Answer(body.encode(), content_type=RSS)
        past.collect()
    types = past.rows("select warc_type from ledger.article_captured order by position")
    assert [row["warc_type"] for row in types] == ["response", "revisit"]
    with past.stores() as stores:
        (capture,) = replayable_captures(stores, scope_of(stores, DAY, [past.source.id]))
    (response,) = past.rows("select warc_offset from ledger.article_captured where warc_type = 'response'")
    assert capture.warc_offset == response["warc_offset"]
    assert past.backfill(recover=False).replayed == 1


def test_the_text_of_a_feed_is_replayed_too(past: Outlet) -> None:
    text = "".join(f"<p>Sentence {number} about the ferry, the harbour and the wind.</p>" for number in range(12))
    body = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
        f"<link>{past.site.base}/secret/story</link><title>Ferry</title>"
        "<pubDate>Sat, 14 Mar 2026 07:00:00 GMT</pubDate><description>Short.</description>"
        f"<content:encoded><![CDATA[{text}]]></content:encoded></item></channel></rss>"
    )
    past.site.answers["/feed.xml"] = Answer(body.encode(), content_type=RSS)
    past.put_in_sitemap("/other", DAY.end)
    past.collect()
    (capture,) = past.rows("select warc_type, via from ledger.article_captured")
    assert tuple(capture.values()) == ("resource", "feed")
    assert fates(past.backfill()) == {"known": 1, "replayed": 1}
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}


def test_a_run_that_was_cleared_counts_from_its_new_start(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.backfill()
    past.runs -= 1
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}
    finished = past.rows("select run_id, recovered from ledger.backfill_finished order by position")
    assert [tuple(row.values()) for row in finished] == [("run-1", 1), ("run-1", 0)]


def test_the_numbers_of_a_run_are_those_since_it_was_started_last(past: Outlet) -> None:
    other = msgspec.structs.replace(past.source, id="ferry-sport")
    with past.stores() as stores:
        finish(stores, [past.source, other], DAY, utc_now()).require_success()
        assert {each.source_id for each in numbers_of_run(stores.ledger, stores.run)} == {"ferry", "ferry-sport"}
        finish(stores, [past.source], DAY, utc_now()).require_success()
        assert {each.source_id for each in numbers_of_run(stores.ledger, stores.run)} == {"ferry"}


def test_the_work_of_a_killed_run_counts_in_the_next_one(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    with past.stores() as stores:
        recover(stores, [past.source], DAY, [past.source]).require_success()
    assert fates(past.backfill()) == {"found": 1, "recovered": 1}
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}


def test_the_work_of_a_concurrent_run_is_not_counted(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    started_at = utc_now()
    with past.stores() as beside:
        recover(beside, [past.source], DAY, [past.source]).require_success()
        with past.stores() as stores:
            finish(stores, [past.source], DAY, started_at).require_success()
            assert fates(numbers_of_run(stores.ledger, stores.run)[0]) == {"known": 1, "waiting": 1}
        finish(beside, [past.source], DAY, started_at).require_success()
        assert fates(numbers_of_run(beside.ledger, beside.run)[0]) == {"found": 1, "recovered": 1}


def test_articles_counted_by_a_later_run_are_not_counted_again_by_a_slow_one(past: Outlet) -> None:
    paths = [f"/ferry-number-{number}-held-back" for number in range(3)]
    past.publish(paths[0], MORNING)
    started_at = utc_now()
    with past.stores() as slow:
        recover(slow, [past.source], DAY, [past.source]).require_success()
        assert fates(past.backfill(recover=False)) == {"found": 1, "recovered": 1}, "as if the other had been killed"
        for path in paths[1:]:
            past.publish(path, MORNING)
        past.later(days=2)
        recover(slow, [past.source], DAY, [past.source]).require_success()
        finish(slow, [past.source], DAY, started_at).require_success()
        (numbers,) = numbers_of_run(slow.ledger, slow.run)
        assert (numbers.known, numbers.found, numbers.recovered) == (1, 2, 2)


def test_a_run_that_sums_up_again_says_the_same(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    with past.stores() as stores:
        started_at = utc_now()
        backfill(stores, [past.source], DAY, [past.source], Wanted(), started_at).require_success()
        first = numbers_of_run(stores.ledger, stores.run)
        finish(stores, [past.source], DAY, started_at).require_success()
        assert numbers_of_run(stores.ledger, stores.run) == first
    assert len(past.rows("select 1 from ledger.backfill_finished")) == 1
