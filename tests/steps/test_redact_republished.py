"""redact: an erased article does not come back under another address, nor a page that was not fetched yet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.steps.capture import pending_pages
from pipeline.steps.redact import RedactionRequest, redact
from pipeline.steps.run.stores import Stores
from tests.worlds.ledgers import settings_at
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.stories import NOON, discovered
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow

TITLE = "Orla Quillfeather is away"
STORY = tuple(text.replace("Ada Lindqvist", "Orla Quillfeather") for text in PARAGRAPHS)


def feed(web: WebServer, *items: tuple[str, str], moved: dict[str, str]) -> None:
    """A feed in which the guids of the moved items stay."""
    web.feed("/feed.xml", *items)
    body = web.answers["/feed.xml"].body
    for old, new in moved.items():
        body = body.replace(f"<link>{web.base}{old}<".encode(), f"<link>{web.base}{new}<".encode())
    web.answers["/feed.xml"] = Answer(body, content_type="application/rss+xml")


def test_an_erased_article_does_not_come_back_under_another_address(world: World) -> None:
    """With its guid and title, as the target of a redirect, with its text, or where it had been redirected to; other
    articles are recorded."""
    web, base = world.web, world.web.base
    for path, target in {"/old": "/landing", "/other": "/landing-of-other"}.items():
        web.answers[path] = Answer(status=302, headers={"Location": target})
    web.page("/landing", TITLE, *STORY)
    web.page("/landing-of-other", "Harbour reopened", *PARAGRAPHS)
    web.feed("/feed.xml", ("/old", TITLE), ("/other", "Harbour reopened"))
    world.ingest()
    with world.stores() as stores:
        redact(stores, RedactionRequest(f"{base}/old", "asked"))
    assert {UUID(row["article_id"]) for row in world.rows("select article_id from ledger.article_redacted")} == {
        world.id("/old"),
        world.id("/landing"),
    }
    world.later(hours=3)
    feed(web, ("/old", TITLE), ("/led", "Led"), ("/text", "Text"), ("/own", "Own"), moved={"/old": "/new"})
    web.answers["/led"] = Answer(status=302, headers={"Location": "/landing"})
    web.page("/text", "Another headline", *STORY)
    web.page("/own", "Own", *(text.replace("ferry", "barge") for text in PARAGRAPHS))
    result = world.ingest()
    assert web.asked["/new"] == 0
    read = world.rows("select url from ledger.article_extracted order by position")
    assert [row["url"] for row in read] == [f"{base}/landing-of-other", f"{base}/own"]
    withheld = world.rows("select article_id, reason from ledger.extraction_failed")
    assert {UUID(row["article_id"]): row["reason"] for row in withheld} == {
        world.id("/led"): "erased",
        world.id("/text"): "erased",
    }
    assert {notice.partition(": an article that was erased")[0] for notice in result.notices} == {
        f"{base}/landing",
        f"{base}/text",
    }


def test_a_page_that_was_not_captured_yet_is_not_fetched_after_a_name_was_masked(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    one, other = (discovered(f"https://alpha.example/{n}", NOON, title=f"{n} Ada Lindqvist") for n in range(2))
    ledger.append([one, other], run)
    with Stores(settings_at(tmp_path), run) as stores:
        redact(stores, RedactionRequest(one.url, "asked for", "Ada Lindqvist"))
        pages = pending_pages(stores.ledger, Interval(NOON - timedelta(days=1), NOON + timedelta(days=1)), ["alpha"])
    assert [page.url for page in pages] == [other.url]
