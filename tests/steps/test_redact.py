"""redact: what is erased is gone from every file, does not come back, and everything else is still proven."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from pipeline import models
from pipeline.archive.erasing import unnamed_records
from pipeline.archive.storage import Location, archive_storage
from pipeline.backup import back_up, restore
from pipeline.errors import LedgerError, NewsledgerError
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.places import S3Place
from pipeline.settings import Settings
from pipeline.steps.backfill.history_state import articles_of_interval
from pipeline.steps.backfill.replay import Scope, replayable_captures
from pipeline.steps.extract import pending_captures
from pipeline.steps.maintain import delete_erased, merge_files
from pipeline.steps.redact import Redaction, RedactionRequest, plan_redaction, redact
from pipeline.steps.redacted_records import overwrite_records
from pipeline.steps.revisit import due_pages
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.worlds.ledgers import copy_installation, rows_of, settings_at
from tests.worlds.loopback import WebServer
from tests.worlds.outlet import DAY, outlet
from tests.worlds.reliability_page import is_documented
from tests.worlds.running import newsledger
from tests.worlds.stored import archived_with, files_with, objects_with, places_with, stored_files
from tests.worlds.stories import NOON, captured, discovered
from tests.worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

ERASED = "Quillfeather"
KEPT = "Bellweather"
STORY = (
    "The harbour master of the old port was away for most of the week, and nobody in the town hall could say why.",
    "“I left because the roof leaked on my desk,” said Orla {name}, the harbour master, on Monday afternoon.",
    "Ms {name}’s office will be repaired before the winter, the council promised on its page in the evening.",
)


def write(web: WebServer, path: str, name: str) -> None:
    web.page(path, f"Orla {name} is away", *(line.format(name=name) for line in STORY))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two articles, each about another person, whose names are in their texts, titles and addresses."""
    with WebServer() as web:
        world = World(tmp_path_factory.mktemp("redact"), web)
        offer(web)
        world.ingest()
        yield world


def offer(web: WebServer) -> None:
    web.feed("/feed.xml", ("/orla-quillfeather-away", f"Orla {ERASED} is away"), ("/b", f"Orla {KEPT} is away"))
    write(web, "/orla-quillfeather-away", ERASED)
    write(web, "/b", KEPT)
    web.asked.clear()


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    """A copy of it."""
    offer(first.web)
    copy = World(tmp_path, first.web)
    copy.runs = first.runs
    copy_installation(first.settings.data, copy.settings.data)
    return copy


def erase(
    world: World,
    article: str = "/orla-quillfeather-away",
    person: str | None = None,
    reason: str = "asked for by letter",
) -> Redaction:
    with world.stores() as stores:
        return redact(stores, RedactionRequest(world.web.base + article, reason, person))


def publish(world: World) -> None:
    models.build(world.settings)
    models.publish(world.settings)


def findings(settings: Settings, **options: Any) -> list[str]:
    with Ledger.open_existing(settings.ledger_catalog) as ledger:
        proof = verify_installation(settings, ledger, utc_now(), archive=ArchivePart.ALL, **options)
    return [finding.text for finding in proof.findings]


def maintain_at_once(world: World) -> None:
    delete_erased(world.settings, world.ledger, utc_now, timedelta())
    merge_files(world.ledger)


def test_an_erased_article_is_gone_from_every_file_and_the_rest_is_proven(
    world: World, tmp_path_factory: pytest.TempPathFactory, s3_place: S3Place
) -> None:
    """Also from backups in a folder and in S3, with the next one, and from what is restored."""
    backup = tmp_path_factory.mktemp("backup")
    publish(world)
    merge_files(world.ledger)
    for place in (backup, str(s3_place)):
        back_up(world.settings, place)
    assert len(objects_with(s3_place, ERASED)) > 5
    assert findings(world.settings) == []
    shutil.copyfile(world.settings.build_file, world.settings.build_file.with_name("build.duckdb.broken"))
    redaction = erase(world)
    assert redaction.counts["article_extracted"] == redaction.counts["item_discovered"] == 1
    assert len(redaction.records) == 3, "the page, its request, and the feed"
    assert findings(world.settings) == findings(world.settings, full=True) == []
    publish(world)
    maintain_at_once(world)
    for place in (backup, str(s3_place)):
        back_up(world.settings, place)
    assert places_with(world.settings, ERASED) == set()
    assert files_with(backup, ERASED) == objects_with(s3_place, ERASED) == set()
    assert len(objects_with(s3_place, KEPT)) > 5
    assert places_with(world.settings, KEPT) >= {"news.duckdb", "build.duckdb"}
    assert findings(world.settings, full=True) == []
    with duckdb.connect(world.settings.news_file, read_only=True) as news:
        assert news.execute("select headline from articles").fetchall() == [(f"Orla {KEPT} is away",)]
        assert news.execute("select reason, len(erased) from events.article_redacted").fetchall() == [
            ("asked for by letter", sum(redaction.counts.values()))
        ]
    restored = Settings(data=tmp_path_factory.mktemp("restored") / "data")
    restore(str(s3_place), restored)
    assert findings(restored, full=True) == []
    assert rows_of(restored.ledger_catalog) == rows_of(world.settings.ledger_catalog)


def test_an_erased_article_does_not_come_back(world: World) -> None:
    erase(world)
    world.later(hours=3)
    world.web.feed("/feed.xml", ("/orla-quillfeather-away", f"{ERASED}, again"), ("/c", "Another report"))
    write(world.web, "/orla-quillfeather-away", ERASED)
    write(world.web, "/c", "Thistledown")
    world.ingest()
    assert world.web.asked["/orla-quillfeather-away"] == 0
    assert [row["url"] for row in world.rows("select url from ledger.article_captured order by position")] == [
        f"{world.web.base}{path}" for path in ("/b", "/c")
    ]
    assert len(world.rows("from ledger.item_discovered")) == 2
    polls = world.rows("select warnings, new_items, warc_file from ledger.feed_polled order by position")
    assert polls[-1] == {"warnings": ["lists_erased"], "new_items": 1, "warc_file": None}
    maintain_at_once(world)
    assert places_with(world.settings, ERASED) == set()


def test_the_ledger_refuses_what_is_about_an_erased_article(world: World) -> None:
    item = discovered(f"{world.web.base}/orla-quillfeather-away", NOON, title=ERASED)
    erase(world)
    with world.stores() as stores:
        assert stores.record([item, captured(item, "page", NOON)]).counts == {}


def test_a_backfill_does_not_bring_it_back(tmp_path: Path) -> None:
    with outlet(tmp_path) as ferry:
        ferry.publish("/one", DAY.start + timedelta(hours=9))
        ferry.publish("/two", DAY.start + timedelta(hours=10))
        ferry.backfill()
        erase(ferry, "/one")
        ferry.site.asked.clear()
        ferry.publish("/three", DAY.start + timedelta(hours=11))  # into the sitemap that also lists the first
        ferry.later(days=2)
        ferry.backfill()
        assert ferry.site.asked["/one"] == 0
        assert ferry.captures() == {"/two": "live", "/three": "live"}
        assert archived_with(ferry.settings, "/one") == set()


def test_a_name_is_masked_in_place_and_the_pages_are_erased(world: World) -> None:
    (before,) = world.rows("select text, headline from ledger.article_extracted where headline like '%Quill%'")
    redaction = erase(world, person=f"Orla {ERASED}")
    assert redaction.removed == []
    (after,) = world.rows("select text, headline from ledger.article_extracted where headline like '█%'")
    assert after["headline"] == "████ ████████████ is away"
    assert len(after["text"]) == len(before["text"])
    assert "said ████ ████████████, the harbour master" in after["text"]
    assert "Ms ████████████’s office" in after["text"]
    publish(world)
    maintain_at_once(world)
    assert places_with(world.settings, ERASED) == set()
    assert findings(world.settings, full=True) == []
    with duckdb.connect(world.settings.news_file, read_only=True) as news:
        (quoted,) = news.execute("select text, speaker from quotes where speaker like '█%'").fetchall()
    assert quoted == ("I left because the roof leaked on my desk", "████ ████████████, the harbour master")
    world.later(hours=3)
    world.ingest()
    assert world.web.asked["/orla-quillfeather-away"] == 0
    assert pending_articles(world) == [{world.id("/b")}] * 4
    assert erase(world).counts["article_extracted"] == 1, "the whole article can still be erased"
    assert findings(world.settings, full=True) == []


def pending_articles(world: World) -> list[set[UUID]]:
    """The articles that a newer extractor would read, now and in a backfill, that are to be revisited, and that a
    backfill counts."""
    news = Interval(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    today, sources = Interval(world.now - timedelta(days=1), world.now), [world.source.id]
    with world.stores() as stores:
        queried: list[Sequence[Any]] = [
            pending_captures(stores.ledger, today, producer="extract@999"),
            replayable_captures(stores, Scope(today, sources, ()), producer="extract@999"),
            due_pages(stores.ledger, [timedelta(hours=1)], world.now, sources, 99),
            articles_of_interval(stores.ledger, news, sources),
        ]
    return [{row.article_id for row in rows} for rows in queried]


def test_the_archive_is_searched_once_unless_something_new_is_recorded(world: World) -> None:
    """The search can take minutes, and the ledger's lock is not held for so long."""
    request = RedactionRequest(f"{world.web.base}/b", "asked for by letter")
    with world.stores() as stores:
        first = plan_redaction(stores, request)
        assert len(first.records) == 3
        for name in archived_with(world.settings, ""):
            del stored_files(world.settings)[name]
        assert plan_redaction(stores, request, first).records == first.records
        stores.record([discovered(request.article, NOON, title="Said again")])
        assert plan_redaction(stores, request, first).records == []


def test_damage_in_the_archive_does_not_stop_the_erasure(world: World) -> None:
    """What is lost need not be erased, and a feed that cannot be read may list anything."""
    files = stored_files(world.settings)
    (page,) = world.rows("from ledger.article_captured where url like '%/b'")
    (feed,) = world.rows("from ledger.feed_polled")
    for record, start, damage in ((feed, 40, b"damaged"), (page, 50, b"")):
        file, at = f"archive/{record['warc_file']}", record["warc_offset"] + start
        files[file] = files[file][:at] + damage + (files[file][at + len(damage) :] if damage else b"")
    redaction = erase(world, "/b")
    assert (feed["warc_file"], feed["warc_offset"]) in {
        (each.warc_file, each.warc_offset) for each in redaction.records
    }
    assert page["warc_offset"] not in {each.warc_offset for each in redaction.records}
    assert len(world.rows("from ledger.item_discovered")) == 1


def test_the_archive_is_overwritten_later_if_the_process_was_killed(world: World) -> None:
    with world.stores() as stores:
        storage = archive_storage(stores.settings)
        records = {at for at, _ in unnamed_records(storage, ())}
        kept = {at: storage.read(at) for at in records}
    redaction = erase(world)
    erased = {Location(each.warc_file, each.warc_offset, each.warc_length) for each in redaction.records}
    assert erased < records
    for place in erased:  # as if they had not been overwritten
        storage.overwrite(place, kept[place])
    undone = findings(world.settings)
    assert {text.partition(": was to be erased and is not")[0] for text in undone} == {
        f"archive: {place}" for place in erased
    }
    assert is_documented("an erased record copied back", undone)
    told = newsledger("verify", "--archive", "--data", world.settings.data)
    assert told.returncode == 1
    assert "run `newsledger maintain`, which erases it again" in told.stderr
    assert "from a backup to the same paths" not in told.stderr
    assert overwrite_records(world.ledger, storage) == len(erased)
    assert overwrite_records(world.ledger, storage) == 0
    assert findings(world.settings) == []
    assert {place for place in records - erased if storage.read(place) != kept[place]} == set()


CHANGED = {
    "an event removed beside an erased one": "delete from ledger.article_extracted",
    "an event changed beside an erased one": "update ledger.article_extracted set text = 'other'",
    "the seals of an erasure removed": "update ledger.article_redacted set seals = []",
    "the run of an append without events changed": "update ledger.appends set run_id = 'x' where run_id = 'alone'",
    "the reason of an erasure changed": "update ledger.article_redacted set reason = 'other'",
}


def test_what_is_left_cannot_be_changed_unseen(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    world.ledger.append([discovered(f"{world.web.base}/orla-quillfeather-away", NOON, title="Again")], Run("alone"))
    erase(world)
    assert findings(world.settings) == []
    for name, tampering in CHANGED.items():
        copy = settings_at(tmp_path_factory.mktemp("changed") / "data")
        copy_installation(world.settings.data, copy.data)
        with Ledger.open_existing(copy.ledger_catalog) as ledger:
            ledger.table(tampering)
        assert is_documented(name, found := findings(copy, full=True)), found


def test_nothing_is_erased_from_an_append_that_was_changed(world: World) -> None:
    world.ledger.table("update ledger.article_extracted set text = 'other'")
    head = world.ledger.head()
    with pytest.raises(LedgerError, match=r"append \d+ .*: is not as it was recorded, so nothing was erased"):
        erase(world)
    assert world.ledger.head() == head


def test_what_cannot_be_erased_is_said(world: World) -> None:
    with pytest.raises(NewsledgerError, match="no such article in this ledger"):
        erase(world, "/nowhere")
    with pytest.raises(NewsledgerError, match="Ida Holm: Ida and Holm are not in this article; it names"):
        erase(world, person="Ida Holm")
    with pytest.raises(NewsledgerError, match=f"Orla Quilfeather: Quilfeather is not in .* it names .*{ERASED}"):
        erase(world, person="Orla Quilfeather")
    for nothing in ("", " \n"):
        with pytest.raises(NewsledgerError, match="needs a reason"):
            erase(world, reason=nothing)
    with pytest.raises(NewsledgerError, match="has no letter, so it is no name"):
        erase(world, person="7")
    erase(world)
    with pytest.raises(NewsledgerError, match="or it was erased before"):
        erase(world)


def test_the_command_says_what_it_would_erase_and_what_is_left_to_do(world: World) -> None:
    article = f"{world.web.base}/b"
    planned = newsledger("redact", article, "--reason", "asked", "--dry-run", "--data", world.settings.data)
    assert planned.returncode == 0, planned.stderr
    assert "to be erased" in planned.stdout
    assert {address: int(records) for address, records in re.findall(r"│ (http\S+) +│ +(\d+) │", planned.stdout)} == {
        article: 2,
        f"{world.web.base}/feed.xml": 1,
    }
    name = newsledger(
        "redact", article, "--person", f"Orla {KEPT}", "--reason", "asked", "--dry-run", "--data", world.settings.data
    )
    assert re.search(rf"Orla {KEPT} +│ +\d", name.stdout), name.stdout
    done = newsledger("redact", article, "--reason", "asked", "--data", world.settings.data)
    assert done.returncode == 0, done.stderr
    assert "newsledger maintain" in done.stdout
    verified = newsledger("verify", "--archive", "--data", world.settings.data)
    assert re.search(
        rf"erased, with a seal of what is left: \d+ events of \d+ appends .* article {world.id('/b')}, .* UTC: asked\n",
        verified.stdout,
    ), verified.stdout
    again = newsledger("redact", article, "--reason", "asked", "--data", world.settings.data)
    assert again.returncode == 1
    assert "no such article in this ledger, or it was erased before" in again.stderr
