"""What extraction promises, on a made-up page and on real ones if the evaluation data exists."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime

import pytest

from pipeline.errors import PageError
from pipeline.events import ArticleExtracted, BlockKind, Event
from pipeline.extract.article import extract_page
from pipeline.extract.extraction import Extraction
from pipeline.extract.page.removal import Video
from tests.conftest import SHARED
from tests.golden.made_up import BROADCASTER, DEICH, extract, kinds


@pytest.fixture(scope="module")
def broadcast() -> Extraction:
    return extract(BROADCASTER.encode())


def test_kicker_and_headline_of_one_heading_are_parted(broadcast: Extraction) -> None:
    assert (broadcast.kicker, broadcast.headline) == ("Hochwasser im Ruhntal", "Deich hält in der Nacht")


def test_visible_lead_is_its_own_field(broadcast: Extraction) -> None:
    assert broadcast.lead == "In Brückfeld blieb es trocken. Doch das Wasser ist noch nicht abgelaufen."
    assert broadcast.lead not in broadcast.text


def test_video_captions_are_removed_and_recorded(broadcast: Extraction) -> None:
    teaser = "Das Wasser steigt weiter: So sah es am Sonntag in Brückfeld aus."
    assert broadcast.videos == (Video(teaser=teaser, published_on=date(2025, 10, 26), duration_seconds=163),)
    assert teaser not in broadcast.text
    assert "2:43" not in broadcast.text


def test_picture_caption_and_credit_are_removed_and_recorded(broadcast: Extraction) -> None:
    recorded = {(stripped.kind, stripped.text) for stripped in broadcast.stripped}
    assert ("image_caption", "Helfer füllen Sandsäcke am Ufer der Ruhn.") in recorded
    assert ("credit", "Quelle: Nordpress") in recorded
    assert "Sandsäcke am Ufer" not in broadcast.text


def test_pull_quote_stays_and_its_speaker_is_the_next_paragraph(broadcast: Extraction) -> None:
    numbers = [number for number, block in enumerate(broadcast.blocks) if block.kind is BlockKind.QUOTATION]
    assert len(numbers) == 1
    quotation, speaker = broadcast.blocks[numbers[0] : numbers[0] + 2]
    assert quotation.text == "Wir haben in dieser Nacht nur funktioniert und nicht mehr nachgedacht."
    assert (speaker.kind, speaker.text) == (BlockKind.PARAGRAPH, "Anke Tamsen, Bürgermeisterin")


def test_bio_and_liveblog_pointer_are_stripped(broadcast: Extraction) -> None:
    assert {"bio", "liveblog_pointer"} <= kinds(broadcast)
    assert broadcast.blocks[-1].text == DEICH[3]


def test_text_is_the_blocks_and_keeps_every_paragraph(broadcast: Extraction) -> None:
    assert broadcast.text == "\n".join(block.text for block in broadcast.blocks)
    assert [block.text for block in broadcast.blocks if block.text in DEICH] == list(DEICH)
    assert [block.text for block in broadcast.blocks if block.kind is BlockKind.SUBHEADING] == ["Streit um Geld"]


SHARED_PAGES = SHARED / "data" / "pages"


# Real pages; skipped without the evaluation data


@pytest.mark.slow
@pytest.mark.skipif(not SHARED_PAGES.is_dir(), reason="no collection of real pages beside the checkout")
def test_real_pages_give_articles() -> None:
    articles = 0
    folders = sorted(SHARED_PAGES.iterdir())
    for folder in folders:
        gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
        body = gzip.decompress((folder / "page.html.gz").read_bytes())
        captured_at = datetime.fromisoformat(gold["crawl_date"]).replace(tzinfo=UTC)
        try:
            extraction = extract_page(body, url=gold["url"] or "https://example.org/", captured_at=captured_at)
        except PageError:
            continue
        articles += 1
        extraction.text.encode()
        assert extraction.text == "\n".join(block.text for block in extraction.blocks)
        assert not any("\n" in block.text for block in extraction.blocks)
    assert articles >= len(folders) - 2


def test_the_event_takes_every_field_from_the_extraction_by_its_name() -> None:
    of_the_capture = {*Event.__struct_fields__, "source_id", "article_id", "payload_digest"}
    assert set(ArticleExtracted.__struct_fields__) - of_the_capture <= set(Extraction.__struct_fields__)
