"""A reader's choices go to the pages that filter by them and to no others, and a page says if it leaves rows out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import duckdb
import pytest

from pipeline.pages import live_pages
from pipeline.pages.page_kinds import PageLimits
from tests.pages.serving import Browser, links, parsed, served
from tests.worlds.running import Demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:
    with served(demo.data) as serving:
        yield serving


def test_words_are_kept_by_pages_that_filter_by_them_and_by_no_other(browser: Browser) -> None:
    page = parsed(browser.get("/changes?words=gipfel").text)
    assert page.findtext(".//title").startswith("gipfel · ")
    german = parsed(browser.get("/changes?words=gipfel", {"Accept-Language": "de"}).text)
    for shown, marked in ((page, "“gipfel”"), (german, "„gipfel“")):
        assert marked in shown.xpath("string(//*[@class='choice']/p)"), "paper has no form"
    assert "gipfel" in parsed(browser.get("/search?words=gipfel").text).findtext(".//h1")
    targets = links(page)
    kinds = {urlsplit(target).path.split("/")[1] for target in targets if "words=gipfel" in target}
    assert kinds == {"changes", "changes.atom", "changed", "search"}
    assert not any("words" in target for target in links(parsed(browser.get("/voices?words=gipfel").text)))


@pytest.mark.parametrize("path", ["/source/meridian", "/day/meridian/2026-03-02", "/runs"])
def test_a_page_that_does_not_follow_a_language_neither_says_so_nor_counts_by_it(browser: Browser, path: str) -> None:
    """All articles of meridian are English. The choice holds again on the pages after this one."""
    page, whole = (parsed(browser.get(f"{path}{query}").text) for query in ("?language=de", ""))
    told = [" ".join(each.xpath("string(//main)").split()) for each in (page, whole)]
    assert told[0] == told[1]
    assert all("language=de" in target for target in links(page) if urlsplit(target).path == "/changes")


def test_runs_are_those_of_the_chosen_source_and_a_page_about_a_source_is_about_no_other(browser: Browser) -> None:
    some, every = (
        parsed(browser.get(f"/runs{query}").text).xpath("string(//tbody)") for query in ("?source=meridian", "")
    )
    assert some != every
    assert "meridian" not in parsed(browser.get("/source/holmbote?source=meridian").text).xpath(
        "string(//*[@class='choice'])"
    )


def _days(page: Any) -> dict[str, str]:
    return {name: page.xpath(f"string(//input[@name='{name}']/@value)") for name in ("from", "to")}


def test_last_seven_days_are_the_last_whatever_the_fields_say(browser: Browser) -> None:
    page = parsed(browser.get("/changes?from=2026-03-02&to=2026-03-02&since=2026-03-03").text)
    assert _days(page) == {"from": "2026-03-03", "to": ""}
    assert "Thursday, 5 March 2026" in page.xpath("string(//*[@class='choice']/p)")


def test_form_and_feed_have_the_days_that_were_chosen_and_no_others(browser: Browser) -> None:
    """An address that is kept then shows newer days, too; a browser sends no day outside of `min` and `max`."""
    for query, days in (("words=gipfel", ["", ""]), ("from=2020-01-01&to=2020-01-02", ["2020-01-01", "2020-01-02"])):
        page = parsed(browser.get(f"/changes?{query}").text)
        assert list(_days(page).values()) == days
        assert not page.xpath("//input/@min | //input/@max")
        assert page.xpath("string(//link/@href)").endswith(f"changes.atom?{query}")


def test_what_is_not_narrowed_by_a_language_says_so(browser: Browser) -> None:
    for query, notes in (("?language=de", 2), ("", 0)):
        sections = parsed(browser.get(f"/{query}").text).xpath("//section[h2/@id='person' or h2/@id='feeds']")
        said = [section.xpath("string(p[@class='note'])") for section in sections]
        assert sum(each.startswith("In all languages") for each in said) == notes


def test_language_without_articles_is_shown_as_chosen(browser: Browser) -> None:
    page = parsed(browser.get("/?language=fr").text)
    assert page.xpath("//select[@name='language']/option[@selected]/text()") == ["fr"]


def test_a_page_that_leaves_rows_out_says_so(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_pages, "LIMITS", PageLimits(rows=2, hits=1, days=2, events=1))
    page = parsed(browser.get("/").text)
    assert "Only the first 2 rows are shown" in parsed(browser.get("/articles").text).text_content()
    for start, count in (("/changes", "//main/p/a[@href='#list']"), ("/voices", "//h2[@id='direct']")):
        number = parsed(browser.get(start).text).xpath("//td[@class='amount']/a")[0]
        counted = parsed(browser.get(urljoin(start, number.get("href"))).text)
        assert int(number.text) > 2 and number.text in counted.xpath(count)[0].text_content().split(), start
    run = parsed(browser.get("/runs").text).xpath("string(//main//tbody//th/a/@href)")
    recorded = parsed(browser.get(urljoin("/runs", run)).text).xpath("//section[h2/@id = 'poll' or h2/@id = 'item']")
    assert [len(events.xpath(".//tbody/tr")) for events in recorded] == [1, 1]
    assert all("Only the first 1 are shown" in events.text_content() for events in recorded)
    day = parsed(browser.get("/day/meridian/2026-03-03?only=items-0").text)
    assert day.xpath("//section[h2/@id='items']//li") and "no rows under “items-0”; all are shown" in day.text_content()
    columns = "//table[@class='map']/thead//th"
    assert len(page.xpath(columns)) == 4, "the source, two days, all"
    (fewer,) = page.xpath("//section[@aria-labelledby='map']/p[@class='note']/a[starts-with(@href, '?')]/@href")
    assert fewer == "?from=2026-03-04&to=2026-03-05"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/search?words=xylophone", "No article contains all of these words. Leave out a word"),
        ("/search?words=xylophone%20-a", "No article contains all of these words. Leave out a word"),
        ("/search?words=-a%20-%22b%20c%22", "The search has no word that an article must contain. Type one"),
        ("/changes?words=-a", "The search has no word that an article must contain. Type one"),
        ("/search?words=%22", "The search has no word that an article must contain. Type one"),
        ("/search?named=Nobody", "No article is left by these filters. Remove one of them."),
        ("/changes?words=xylophone", "No change has these words. Leave out a word, or choose other days."),
        ("/changes?to=2020-01-01", "No page vanished in this period. Choose other days."),
    ],
)
def test_a_page_without_rows_says_what_to_do_next(browser: Browser, address: str, said: str) -> None:
    assert any(each.text_content().startswith(said) for each in parsed(browser.get(address).text).find_class("empty"))


def test_first_quoted_are_the_first(browser: Browser, demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        times = con.sql("""
            select coalesce(quotes.published_at, first_seen_at) as said_at
            from quotes inner join articles using (article_id)
            where person is not null and article_id in (select article_id from search('gipfel')) order by said_at
        """).fetchall()
    page = parsed(browser.get("/changes?words=gipfel").text)
    shown = page.xpath("//section[@aria-labelledby='first']//li/time/@datetime")
    assert [datetime.fromisoformat(each) for each in shown] == [said_at for (said_at,) in times[:3]]
    assert times[0] < times[-1]
