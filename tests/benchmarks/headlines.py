"""Headlines beside what readers see: `python -m tests.benchmarks.headlines [PAGES]`.

The visible headline is read without the extractor: the first h1 outside of breadcrumbs, lists, links and slides, else
the first h2, with at least `MIN_WORDS` words (fewer are the outlet's or the section's name). What a browser does not
show, closed dialogs and headings for screen readers, does not count. The headline is right if it has the same letters,
and the kicker, if the visible one has more. Prints the share of pages, and those with another headline in half A of the
publishers. PAGES is as in `tests.benchmarks.extraction`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.extract.article import extract_page
from pipeline.extract.page.parsed_page import as_utf8
from pipeline.extract.page.text import raw_text
from tests.benchmarks.extraction import DATASET, half_of, read_pages

MIN_WORDS = 2
_NOT_SHOWN = ("script", "style", "svg", "template", "noscript", "button", "dialog")
_LISTS = ("nav", "li", "footer", "aside", "a")
_FOR_SCREEN_READERS = re.compile(
    r"(?:^|\s)(?:sr-only|(?:is[_-])?(?:blind|visually-?hidden|screen-?reader))", re.IGNORECASE
)


def visible_headline(page: bytes) -> str:
    """The text of the heading; empty if the page has none."""
    root = document_fromstring(as_utf8(page), parser=HTMLParser(encoding="utf-8", remove_comments=True))
    etree.strip_elements(root, *_NOT_SHOWN, with_tail=False)
    for tag in ("h1", "h2"):
        for heading in root.iter(tag):
            text = raw_text(heading)
            has_words = len(text.split()) >= MIN_WORDS or text.lower() == text.upper()
            if text.strip() and has_words and _is_shown(heading) and next(heading.iter("a"), None) is None:
                return text
    return ""


def _is_shown(heading: HtmlElement) -> bool:
    """True outside of lists, links and slides (https://www.w3.org/TR/wai-aria-1.2/#aria-roledescription)."""
    is_slide = heading.get("aria-roledescription") is not None
    around = [(one.tag, one.get("class") or "") for one in (heading, *heading.iterancestors())]
    is_listed = any(tag in _LISTS or "breadcrumb" in names for tag, names in around)
    return not is_slide and not is_listed and not _FOR_SCREEN_READERS.search(around[0][1])


def letters(text: str | None) -> str:
    return "".join(filter(str.isalnum, (text or "").casefold()))


def main(dataset: Path) -> None:
    right: dict[str, list[bool]] = {"A": [], "B": []}
    for page in read_pages(dataset):
        shown = letters(visible_headline(page.body))
        if not shown:
            continue
        extraction = extract_page(page.body, url=page.url, captured_at=page.captured_at)
        headline, kicker = letters(extraction.headline), letters(extraction.kicker)
        half = half_of(page.publisher)
        right[half].append(shown in {headline, kicker + headline, headline + kicker})
        if half == "A" and not right[half][-1]:
            print(f"{page.id}: {extraction.headline}")
    for half, pages in right.items():
        print(f"half {half}: {sum(pages) / len(pages):.3f} of {len(pages)} pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DATASET)
