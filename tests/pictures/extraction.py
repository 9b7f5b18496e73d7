"""One article of the sample newsroom: its page, what is extracted and what is stripped, side by side.

`python -m tests.pictures.extraction` writes `docs/pictures/extraction.html`, and its picture by Debian's Chromium.
A test fails when the file is no longer what is rendered: then run this again and look at the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import etree
from lxml.etree import _Element
from lxml.html import document_fromstring

from pipeline.demo.articles import load_articles
from pipeline.demo.editions import Desk, Edition
from pipeline.demo.newsroom import FIRST_DAY
from pipeline.demo.outlets import load_outlets
from pipeline.demo.pages import create_environment, render_article
from pipeline.extract import PRODUCER
from pipeline.extract.article import extract_page
from pipeline.extract.extraction import Extraction
from pipeline.extract.page.removal import Stripped, Video
from pipeline.extract.page.text import spaced_text, visible_text
from pipeline.settings import PROJECT_ROOT

OUTLET = "hierheute"
SLUG = "nordseegipfel-auftakt-port-ellery"
NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
HTML_FILE = PROJECT_ROOT / "docs" / "pictures" / "extraction.html"
PICTURE_FILE = HTML_FILE.with_suffix(".png")
CHROMIUM = "/usr/bin/chromium"
WIDTH = 1240
_FRAME = ("header", "nav", "footer", "section")
"""What stands on every page of the site."""


class ShownBlock(msgspec.Struct, frozen=True):
    """A block of the article, with who says it."""

    kind: str
    text: str
    speaker: str | None


class ShownStripped(msgspec.Struct, frozen=True):
    """A stripped block; of a video's caption also what it said of the video."""

    kind: str
    rule: str
    text: str
    video: Video | None


def render() -> str:
    """The picture as HTML: the same extractor gives the same text."""
    edition, page = _page()
    extraction = extract_page(page.encode(), url=edition.url, captured_at=NOW)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("extraction.html").render(
        outlet=edition.outlet.name,
        producer=PRODUCER,
        page=_marked_page(page, extraction),
        fields=_fields(extraction),
        blocks=list(_blocks(extraction)),
        stripped=list(_stripped(extraction)),
    )


def _page() -> tuple[Edition, str]:
    outlet = next(outlet for outlet in load_outlets() if outlet.id == OUTLET)
    articles = tuple(article for article in load_articles() if article.outlet == OUTLET)
    desk = Desk(outlet=outlet, articles=articles, first_day=FIRST_DAY, base_url=f"http://{outlet.host}")
    edition = next(edition for edition in desk.editions(NOW) if edition.article.slug == SLUG)
    return edition, render_article(create_environment(), desk, edition)


def _fields(extraction: Extraction) -> list[tuple[str, str]]:
    published = extraction.published_at
    said = {
        "kicker": extraction.kicker,
        "headline": extraction.headline,
        "lead": extraction.lead,
        "authors": ", ".join(extraction.authors),
        "published": f"{published:%Y-%m-%d %H:%M} UTC" if published else None,
        "section": extraction.section,
        "access": extraction.access.value,
    }
    return [(name, value) for name, value in said.items() if value]


def _blocks(extraction: Extraction) -> Iterator[ShownBlock]:
    speakers = {said.block_no: said.speaker for said in extraction.attributions}
    for number, block in enumerate(extraction.blocks, start=1):
        yield ShownBlock(block.kind.value, block.text, speakers.get(number))


def _stripped(extraction: Extraction) -> Iterator[ShownStripped]:
    videos = iter(extraction.videos)
    for block in extraction.stripped:
        video = next(videos) if block.kind == "video_caption" else None
        yield ShownStripped(block.kind, block.rule, block.text, video)


# The page's own mark-up, each part marked as kept or removed


def _marked_page(page: str, extraction: Extraction) -> str:
    body = next(document_fromstring(page).iter("body"))
    etree.strip_elements(body, "script", with_tail=False)
    fields = (("kicker", extraction.kicker), ("headline", extraction.headline), ("lead", extraction.lead))
    for name, text in fields:
        _mark(_find(body, text or ""), name)
    for stripped in extraction.stripped:
        _mark(_find_stripped(body, stripped), stripped.kind)
    for block in extraction.blocks:
        _mark(_find(body, block.text), block.kind.value)
    for element in body.iter(*_FRAME):
        if _is_unmarked(element):
            _mark(element, "frame")
    return "".join(etree.tostring(child, encoding="unicode", method="html") for child in body)


def _find_stripped(body: _Element, stripped: Stripped) -> _Element | None:
    """The element that was taken out; of a figure with a credit it is the figure that holds both."""
    if stripped.rule.startswith("figure_"):
        figures = (figure for figure in body.iter("figure") if stripped.text in spaced_text(figure))
        return next(filter(_is_unmarked, figures), None)
    return _find(body, stripped.text)


def _find(body: _Element, text: str) -> _Element | None:
    """The first element with this text and no mark yet, the outermost of several around the same words."""
    same = (element for element in body.iter() if text in (spaced_text(element), visible_text(element).strip(" :")))
    return next(filter(_is_unmarked, same), None)


def _is_unmarked(element: _Element) -> bool:
    marked = [element, *element.iterancestors(), *element.iterdescendants()]
    return not any(other.get("data-became") for other in marked)


def _mark(element: _Element | None, became: str) -> None:
    if element is not None:
        element.set("data-became", became)
        element.set("class", became)


def main() -> None:
    from playwright.sync_api import sync_playwright

    HTML_FILE.write_text(render(), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": 800}, device_scale_factor=1.25)
        tab.goto(HTML_FILE.as_uri())
        tab.screenshot(path=PICTURE_FILE, full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
