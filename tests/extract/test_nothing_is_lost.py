"""Every text of the visible page is a field, a block, or recorded as stripped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import PageError
from pipeline.events import Access
from pipeline.extract.article import extract_page
from pipeline.extract.extraction import Extraction
from pipeline.extract.page.parsed_page import parse
from tests.conftest import SHARED
from tests.golden.made_up import CAPTURED_AT
from tests.golden.outputs import PAGES

DATASET = SHARED / "data" / "pages"
URL = "https://holmbote.example/region/deich"


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def output_letters(extraction: Extraction) -> str:
    fields = (extraction.kicker, extraction.headline, extraction.lead, extraction.text, extraction.correction)
    return "".join(letters(text) for text in (*filter(None, fields), *(block.text for block in extraction.stripped)))


def is_said(text: str, extraction: Extraction, said: str) -> bool:
    """True if the output has the text, or its two parts if it is a caption with its credit at the end."""
    credit_lines = (letters(block.text) for block in extraction.stripped if block.kind == "credit")
    return letters(text) in said or any(
        letters(text).endswith(credit) and letters(text).removesuffix(credit) in said for credit in credit_lines
    )


def lost_texts(body: bytes, url: str, captured_at: datetime) -> Iterator[str]:
    """The text nodes of the page's body that are nowhere in the output."""
    extraction = extract_page(body, url=url, captured_at=captured_at)
    if extraction.access is not Access.OPEN:
        return  # its hidden parts are not visible
    said = output_letters(extraction)
    for element in parse(body, url=url).root.body.iter():
        own = None if element.tag == "script" else element.text
        yield from (text for text in (own, element.tail) if text and not is_said(text, extraction, said))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_text_of_a_golden_page_is_lost(page: Path) -> None:
    assert list(lost_texts(page.read_bytes(), URL, CAPTURED_AT)) == []


@pytest.mark.slow
@pytest.mark.skipif(not DATASET.exists(), reason="needs the evaluation data beside the checkout")
def test_no_character_of_a_real_page_is_lost() -> None:
    lost: dict[str, list[str]] = {}
    for gold_file in sorted(DATASET.glob("*/gold.json")):
        gold = json.loads(gold_file.read_text("utf-8"))
        body = gzip.decompress((gold_file.parent / "page.html.gz").read_bytes())
        captured_at = datetime.fromisoformat(gold["crawl_date"]).replace(tzinfo=UTC)
        try:
            lost[gold_file.parent.name] = list(lost_texts(body, gold["url"] or URL, captured_at))
        except PageError:
            continue  # a page without an article is recorded as failed
    assert {name: texts for name, texts in lost.items() if texts} == {}
