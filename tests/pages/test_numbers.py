"""Every number on a page is linked to what it counts, and the page shows the SQL that made it.

The published file has no digit in a text from outside, so each digit on a page is ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from statistics import median
from typing import Any
from urllib.parse import urldefrag, urljoin

import duckdb
import pytest

from pipeline.pages import live_pages
from pipeline.pages.live_pages import LIMITS
from pipeline.pages.page_kinds import KINDS, PageLimits
from tests.pages.serving import Browser, one_of_each_kind, parsed, served
from tests.pages.test_words import without_latin
from tests.worlds.running import Demo

pytestmark = pytest.mark.slow
NO_COUNTS = "self::a or self::time or self::data or self::code or self::pre or self::form or self::summary or self::svg"
"""Elements whose numbers count nothing, and links. `data` is for positions, sizes and shares. A summary opens the rows
that it counts."""
HEADINGS = "self::h1 or self::thead or @class = 'note' or @class = 'choice' or @class = 'legend'"
"""Days in headings, and limits in notes."""
ROWS = "self::tr[td] or self::li or self::article or self::blockquote or self::p[not(@class = 'note')]"


@pytest.fixture(scope="module")
def browser(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    data = tmp_path_factory.mktemp("numbers")
    without_latin(demo, data)
    with duckdb.connect(data / "news.duckdb") as con:  # one source of two languages
        con.sql("update parts.articles_without_text set language = 'fy' where url = (select min(url) from articles)")
    with served(data) as browser:
        yield browser


@pytest.fixture(scope="module")
def newsroom(demo: Demo) -> Iterator[Browser]:
    with served(demo.data) as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(browser: Browser) -> dict[str, tuple[str, Any]]:
    """One of each kind, parsed, with its address."""
    return {kind: (address, parsed(browser.get(address).text)) for kind, address in one_of_each_kind(browser).items()}


def counts(page: Any) -> list[str]:
    """The texts with a number other than zero that no link, no heading of what it counts, and nothing else explains."""
    texts = page.xpath(f"//main//text()[not(ancestor::*[{NO_COUNTS} or {HEADINGS}])]")
    return [
        str(text)
        for text in texts
        if re.search(r"[1-9]", text) and not (text.getparent().xpath("ancestor-or-self::h2[@id]") and _rows(page, text))
    ]


def _rows(page: Any, text: Any) -> bool:
    """Does the heading count the rows below it?"""
    (heading,) = text.getparent().xpath("ancestor-or-self::h2")
    section = heading.getparent()
    rows = section.xpath(".//tbody/tr | .//ol[@class='hits']/li")
    return len(rows) == min(LIMITS.hits, int(re.sub(r"\D", "", text)))


def test_every_number_is_linked_and_its_page_shows_sql(pages: dict[str, tuple[str, Any]]) -> None:
    assert set(pages) == {*KINDS, "record"}
    for kind, (address, page) in pages.items():
        assert counts(page) == [], (kind, address)
        assert page.xpath("//details[@class='sql']"), (kind, address)


def test_linked_numbers_lead_to_a_place_also_beyond_the_limits(
    browser: Browser, pages: dict[str, tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Except for those of the backfill, which is a row that the test has written: no event belongs to it."""
    monkeypatch.setattr(live_pages, "LIMITS", PageLimits(rows=2, hits=1, days=2, events=1))
    opened = {address: parsed(browser.get(address).text) for address, _ in pages.values()}
    led = Counter[str]()
    for kind, (address, page) in [*pages.items(), *((kind, (each, opened[each])) for kind, (each, _) in pages.items())]:
        for link in page.xpath("//main//a[not(@class = 'outside')]"):
            target, place = urldefrag(urljoin(address, link.get("href")))
            if not place or "backfill/" in target or not re.search(r"[1-9]", link.text_content()):
                continue
            if target not in opened:
                opened[target] = parsed(browser.get(target).text)
            led_to = page if target == address else opened[target]
            (found,) = led_to.xpath("//*[@id = $place]", place=place)
            assert found.xpath(f"ancestor-or-self::*[{ROWS}] | ..//*[{ROWS}]"), (kind, link.get("href"))
            led[target.split("/")[1].partition("?")[0] + "?" * ("only=" in target)] += 1
    for address, page in opened.items():
        within = {
            str(each[1:]) for each in page.xpath("//main//a/@href") if each[0] == "#" and "/backfill/" not in address
        }
        assert within <= {*page.xpath("//@id")}, address
    assert {*led} >= {"source", "gaps", "run", "article"}
    assert {*led} >= {f"{name}?" for name, kind in KINDS.items() if kind.placed}, "each number leads to some rows"


def test_numbers_of_a_language_are_those_of_rows_also_if_a_source_has_two(browser: Browser) -> None:
    every = parsed(browser.get("/").text).xpath("//dl/div/dd")
    address = "/?language=fy"
    numbers = parsed(browser.get(address).text).xpath("//dl/div/dd")
    for number in numbers[:4]:
        if number.text_content() != "0":
            target, place = urldefrag(urljoin(address, number.find("a").get("href")))
            rows = _articles(parsed(browser.get(target).text), place, number)
            assert rows == int(number.text_content()), target
    assert 1 < int(numbers[0].text_content()) < int(every[0].text_content())
    (source,) = parsed(browser.get(address).text).xpath("//table[@class='map']//th/a/@href")
    page = parsed(browser.get(urljoin(address, source)).text)
    assert page.xpath("string(//dl/div/dd)") == numbers[0].text_content()
    assert "fy" not in page.xpath("string(//*[@class='choice']/p)"), "it counts articles in all languages"


def test_numbers_of_sources_and_persons_are_those_of_their_rows(newsroom: Browser) -> None:
    seen = Counter[str]()
    opened = cache(lambda target: parsed(newsroom.get(target).text))
    addresses = ["/", "/voices", "/runs"]
    for start, pattern in (("/", "source/"), ("/voices", "person/")):
        found = opened(start).xpath(f"//main//th/a[contains(@href, '{pattern}')]/@href")
        addresses += sorted({urljoin(start, each) for each in found})[:2]
    for address in addresses:
        for link in opened(address).xpath("//dl//dd/a | //td[@class='amount']/a"):
            target, place = urldefrag(urljoin(address, link.get("href")))
            kind = target.split("/")[1]
            title = link.xpath("string(ancestor::div[1]/dt)")
            if kind not in COUNTED or "minute" in title:
                continue
            rows = COUNTED[kind](opened(target), place, link)
            assert rows == float(link.text_content()), (address, link.get("href"), title)
            seen[kind] += 1
    assert seen.keys() == COUNTED.keys()


def test_number_of_items_leads_to_the_record_of_the_feed(newsroom: Browser) -> None:
    polls = parsed(newsroom.get("/polls/meridian").text).xpath("//section[h2/@id='polls']//tr[contains(td, '.atom')]")
    for items in (row.xpath("td[@class='amount']/a")[0] for row in polls[:2]):
        record = parsed(newsroom.get(urljoin("/polls/meridian", items.get("href"))).text)
        body = record.xpath("//pre[@class='record']")[-1].text_content()
        assert len(re.findall(r"<(?:entry|item|url)>", body)) == int(items.text_content()) > 0
        assert record.xpath("//main//a[contains(@href, 'feed/meridian/')]")
    assert polls


def _in_section(page: Any, place: str, link: Any) -> int:
    return len(page.xpath("//section[h2/@id = $place or h3/@id = $place]//*[self::tr[td] or self::li]", place=place))


def _feed(page: Any, place: str, link: Any) -> float:
    """How many polls, the median of their items, or the new items of each of three days."""
    rows = page.xpath("//section[h2/@id = $place]//tbody/tr", place=place)
    items, new = ([int(row.xpath("td[@class='amount']")[n].text_content()) for row in rows] for n in range(2))
    return {"read": lambda: median(items), "new": lambda: round(sum(new) / 3, 1)}.get(place, lambda: len(rows))()


def _articles(page: Any, place: str, link: Any) -> int:
    if place in ("", "articles"):
        return len(page.xpath("//section[h2/@id = 'articles']//tbody/tr | //main[not(section)]//tbody/tr"))
    return len(page.xpath("//tr[contains(concat(' ', @data-state, ' '), concat(' ', $place, ' '))]", place=place))


def _removed(page: Any, place: str, link: Any) -> int:
    """Articles are rows, and the blocks that were removed from them are lists in these."""
    is_of_articles = bool(link.xpath("../preceding-sibling::td[@class='amount']"))
    return len(page.xpath(f"//section[h2/@id = $place]//tbody/tr{'' if is_of_articles else '//li'}", place=place))


def _named(page: Any, place: str, link: Any) -> int:
    """Articles, or the sum of what they say about mentions or quotations."""
    if not place:
        return len(page.xpath("//section[starts-with(h2/@id, 'source-')]//tbody/tr"))
    rows = page.xpath("//section[h2/@id = $place or h3/@id = $place]//tbody/tr", place=place)
    column = len(link.xpath("../preceding-sibling::td[@class='amount']"))
    return (
        sum(int(row.xpath("td[@class='amount']")[column - 1].text_content()) for row in rows) if column else len(rows)
    )


COUNTED = {
    "articles": _articles,
    "feed": _feed,
    "source": _articles,
    "gaps": _in_section,
    "polls": _in_section,
    "requests": _in_section,
    "removed": _removed,
    "named": _named,
    "quoted": _in_section,
    "run": _in_section,
}
