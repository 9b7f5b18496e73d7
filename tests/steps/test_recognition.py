"""An erased article is recognised at another address, by digests; what only looks like it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pipeline.collect.feeds import FeedItem
from pipeline.events import ArticleExtracted
from pipeline.ids import article_id
from pipeline.ledger.erased import ErasedContents
from pipeline.steps.recognition import digests_of, is_erased_item, is_erased_page
from tests.worlds.stories import NOON, captured, discovered, extracted
from tests.worlds.world import PARAGRAPHS

ADDRESS = "https://alpha.example/quillfeather-away"
NEW = "https://alpha.example/away"
TITLE = "Orla Quillfeather is away"
EXACT = NOON + timedelta(minutes=7)
TEXT = "\n".join(PARAGRAPHS)
ITEM = discovered(ADDRESS, NOON, title=TITLE, guid="77", published_at=EXACT)
PAGE = captured(ITEM, "page", NOON)
ERASED = ErasedContents(
    frozenset({article_id(ADDRESS)}),
    frozenset(digests_of([ITEM, PAGE, extracted(PAGE, TITLE, TEXT)], has_texts=True)),
)


def item(**fields: Any) -> FeedItem:
    said = {"url": NEW, "canonical_url": NEW, "guid": "77", "title": "Away", "summary": None, "published_at": None}
    return FeedItem(**(said | {"published_raw": None, "updated_at": None} | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"url": ADDRESS, "guid": "1"},
        {"guid": "1", "redirector_url": ADDRESS},
        {"published_at": EXACT},
        {"title": f"  {TITLE.upper()}!"},
    ],
)
def test_an_item_of_an_erased_article_is_recognised(fields: dict[str, Any]) -> None:
    assert is_erased_item(item(**fields), "alpha", ERASED)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"guid": "78", "published_at": EXACT, "title": TITLE},
        {"published_at": EXACT + timedelta(minutes=1), "title": "Orla Quillfeather is back"},
    ],
)
def test_another_item_is_not(fields: dict[str, Any]) -> None:
    assert not is_erased_item(item(**fields), "alpha", ERASED)


def test_a_guid_counts_within_its_source_and_no_time_or_title_that_many_share_counts() -> None:
    assert not is_erased_item(item(published_at=EXACT), "beta", ERASED)
    listed = discovered(ADDRESS, NOON, title="The news", guid="1", published_at=NOON)
    assert digests_of([listed], has_texts=True) == ()


def page(**fields: Any) -> ArticleExtracted:
    at = fields.pop("at", NEW)
    return extracted(captured(discovered(at, NOON), "other", NOON), "Away", **({"text": "Other"} | fields))


@pytest.mark.parametrize("fields", [{"canonical_url": ADDRESS}, {"url": ADDRESS}, {"text": TEXT.replace(".", " .")}])
def test_a_page_of_an_erased_article_is_recognised(fields: dict[str, Any]) -> None:
    assert is_erased_page(page(**fields), ERASED)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"canonical_url": "https://alpha.example/other"},
        {"canonical_url": "https://["},
        {"text": TEXT.replace("tugs", "boats")},
        {"text": TEXT, "at": "https://beta.example/away"},
    ],
)
def test_another_page_is_not(fields: dict[str, Any]) -> None:
    assert not is_erased_page(page(**fields), ERASED)


def test_a_front_page_is_no_article_s_own_address() -> None:
    front = "https://alpha.example/"
    erased = msgspec.structs.replace(ERASED, ids=frozenset({article_id(front)}))
    assert not is_erased_page(page(canonical_url=front), erased)


def test_no_digest_is_made_of_a_text_from_which_only_a_name_is_erased() -> None:
    """The text stays, so names could be tried until a digest of the whole text fits."""
    undated = msgspec.structs.replace(ITEM, published_at=None)
    assert digests_of([undated, PAGE, extracted(PAGE, TITLE, TEXT)], has_texts=False) == ()
    assert set(digests_of([ITEM], has_texts=False)) < ERASED.digests
