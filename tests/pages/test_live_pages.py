"""The pages from the server: what it answers, to whom, and in which language."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import duckdb
import feedparser
import pytest

from pipeline.pages import published_file
from pipeline.pages.live_pages import preferred_language
from pipeline.pages.page_kinds import KINDS
from tests.pages.serving import Browser, links, parsed, served
from tests.pages.test_foreign_markup import fill_empty_tables
from tests.pages.test_pages import NOT_IN_THE_NEWSROOM
from tests.worlds.running import Demo, newsledger

pytestmark = pytest.mark.slow


PAGES_OF_A_KIND = 2
"""How many pages of each kind the test asks the server for; reports are tested whole."""


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:
    with served(demo.data) as serving:
        yield serving


def test_links_lead_to_pages_of_every_kind_and_keep_the_choice(browser: Browser) -> None:
    waiting, seen = ["/?source=meridian"], set[str]()
    opened: Counter[str] = Counter()
    while waiting:
        address = waiting.pop(0)
        kind = urlsplit(address).path.split("/")[1] or "coverage"
        if address in seen or opened[kind] == PAGES_OF_A_KIND:
            continue
        seen.add(address)
        opened[kind] += 1
        answer = browser.get(address)
        assert answer.status == 200, address
        found = [] if address.startswith("/changes.atom") else links(parsed(answer.text))
        targets = {urldefrag(urljoin(address, link)).url for link in found if link[0] != "#"}
        assert all("source=meridian" in target for target in targets)
        waiting += sorted(targets)
    assert set(opened) == {*KINDS, "record", "changes.atom"} - {*NOT_IN_THE_NEWSROOM, "gaps"}


def test_days_without_data_are_shown_as_such(browser: Browser) -> None:
    for address in ("/", "/articles", "/voices", "/changes"):
        page = parsed(browser.get(f"{address}?from=2020-01-01&to=2020-01-02").text)
        assert "1 January 2020" in page.xpath("string(//*[@class='choice']/p)"), address
        assert "there is data from Monday, 2 March 2026" in page.xpath("string(//*[@class='choice']/p)"), address
        assert page.xpath("//*[@class='empty']"), address
        assert not page.xpath("//main//a[contains(@href, 'article/')]"), address


def test_person_page_counts_the_chosen_days_or_all(browser: Browser) -> None:
    def numbers(query: str) -> list[int]:
        page = parsed(browser.get(f"/person/Nadja%20Wulff{query}").text)
        listed = len(page.xpath("//section[@aria-labelledby='quotes']//blockquote"))
        direct, indirect = (int(dd.text_content()) for dd in page.xpath("//dl/div/dd")[:2])
        assert direct + indirect == listed
        return [direct, indirect]

    whole, day = numbers(""), numbers("?from=2026-03-02&to=2026-03-02")
    assert 0 < sum(day) < sum(whole)
    assert "All days" in browser.get("/person/Nadja%20Wulff").text


@pytest.mark.parametrize("query", ["?words=harbour", "?words=deich&language=de"])
def test_facet_leads_to_as_many_articles_as_it_says(browser: Browser, query: str) -> None:
    page = parsed(browser.get(f"/search{query}").text)
    facets = page.xpath("//ul[@class='facet']/li[position() <= 2]")
    assert facets
    for facet in facets:
        found = parsed(browser.get(urljoin(f"/search{query}", facet.xpath("string(a/@href)"))).text)
        assert found.xpath("string(//h2[@id='hits'])").split()[0] == facet.xpath("string(a/span)"), facet.text_content()


def test_texts_say_their_language(browser: Browser) -> None:
    page = parsed(browser.get("/search?words=deich").text)
    languages = {str(name) for name in page.xpath("//ol//h3/@lang")}
    assert languages == {"de"}
    article = parsed(browser.get(urljoin("/search", page.xpath("string(//ol//h3/a/@href)"))).text)
    assert {*article.xpath("//h1/@lang"), *article.xpath("//div[@class='text']//p/@lang")} == {"de"}


def test_a_file_of_another_version_is_an_error_that_says_what_to_do(demo: Demo, tmp_path: Path) -> None:
    shutil.copy(demo.data / "news.duckdb", tmp_path)
    with duckdb.connect(tmp_path / "news.duckdb") as con:
        con.sql("alter table main.persons drop column party")
    with served(tmp_path) as server:
        answer = server.get("/voices")
    assert answer.status == 503
    assert "another version published it" in answer.text and "newsledger models --anew" in answer.text
    done = newsledger("report", "--data", tmp_path, "-o", tmp_path / "report")
    assert done.returncode == 1 and "another version published it" in done.stderr
    assert not (tmp_path / "report").exists()


def test_a_view_that_needs_too_much_memory_says_how_to_choose_less(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_file, "MEMORY", "2MB")
    with served(demo.data) as server:
        answer = server.get("/search?words=deich")
    assert answer.status == 503
    assert "needs more memory than it may have: choose fewer days" in answer.text


def test_search_finds_words_and_narrows_by_facets(browser: Browser, demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        found = con.sql("select article_id::varchar, source_id from search('deich')").fetchall()
        passages = dict(
            con.sql("select article_id::varchar, passage(concat_ws(' ', lead, text), 'deich') from articles").fetchall()
        )
    page = parsed(browser.get("/search?words=deich").text)
    shown = [urlsplit(link).path.rpartition("/")[2] for link in page.xpath("//ol//h3/a/@href")]
    assert shown == [article for article, _ in found]
    texts = [passage.text_content().strip("… ") for passage in page.xpath("//ol/li/h3/following-sibling::p[1]")]
    assert texts == [passages[article] for article in shown]
    assert {word.lower()[:5] for word in page.xpath("//ol//mark/text()")} == {"deich"}
    by_source = Counter(source for _, source in found)
    facets = page.xpath("//section[@aria-labelledby='facet-source']//li")
    assert {each.findtext("a").strip(): int(each.findtext("a/span")) for each in facets} == by_source
    person = page.xpath("//section[@aria-labelledby='facet-person']//li")[0]
    narrowed = parsed(browser.get(urljoin("/search", person.find("a").get("href"))).text)
    assert len(narrowed.xpath("//ol[@class='hits']/li")) == int(person.findtext("a/span"))
    (back,) = narrowed.xpath("//ul[@class='narrowed']//a/@href")
    assert len(parsed(browser.get(urljoin("/search", back)).text).xpath("//ol/li")) == len(found)


def test_search_is_bounded_and_says_so(browser: Browser) -> None:
    page = parsed(browser.get("/search").text)
    assert len(page.xpath("//ol[@class='hits']/li")) == 50
    assert "Only the first 50 are shown" in page.text_content()


def test_archived_record_is_shown_as_text(browser: Browser, demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        ((position,),) = con.sql("select min(position) from events.article_captured where status = 200").fetchall()
    page = parsed(browser.get(f"/record/{position}").text)
    warc, http, body = page.xpath("//pre[@class='record']")
    assert "WARC-Type: response" in warc.text_content()
    assert http.text_content().startswith("HTTP/1.1 200")
    assert "</html>" in body.text_content() and len(body) == 0


@pytest.mark.parametrize(
    ("address", "said", "onward"),
    [
        ("/nothing", "The address is wrong", "/"),
        ("/changed/x", "The address is wrong", "/"),
        ("/search/", "The address is wrong", "/"),
        ("/record/99999999999999999999", "no archived record at position 99999999999999999999", "/search"),
        ("/run/x?source=meridian", "no run “x” with these filters", "/runs"),
        ("/feed/meridian/x", "no such feed of meridian", "/source/meridian#feeds"),
        ("/backfill/x/meridian", "no run “x” with these filters", "/backfills"),
        ("/article/x", "no article with this id", "/search"),
        ("/article/00000000-0000-8000-8000-000000000000", "no article with this id", "/search"),
        ("/source/meridain", "no source “meridain”", "/source/meridian"),
        ("/day/meridain/2026-03-03", "no source “meridain”", "/source/meridian"),
        ("/?source=meridain", "no source “meridain”", "/source/meridian"),
        ("/changes.atom?source=meridain", "no source “meridain”", "/source/meridian"),
        ("/person/Nadja%20Wolff", "no person “Nadja Wolff”", "/search?words=Nadja+Wolff"),
        ("/day/meridian/2026-13-01", "nothing about meridian on “2026-13-01”", "/source/meridian"),
        ("/day/meridian/20260303", "nothing about meridian on “20260303”", "/source/meridian"),
        ("/day/meridian/2026-01-01", "nothing about meridian on “2026-01-01”", "/source/meridian"),
    ],
)
def test_address_of_no_page_says_what_is_missing_and_where_to_go(
    browser: Browser, address: str, said: str, onward: str
) -> None:
    answer = browser.get(address)
    assert answer.status == 404
    page = parsed(answer.text)
    assert said in page.xpath("string(//main)")
    first, *_, last = [urljoin(address, link) for link in page.xpath("//main//a/@href")] * 2
    assert (first, last) == (onward, "/")
    for link in (first, last):
        assert browser.get(link).status == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-13-45", "from=2026-13-45: is not a day such as 2026-03-14"),
        ("to=0002-01-01", "to=0002-01-01: is not in the years from 1000 to 9998"),
        ("to=9999-12-31", "to=9999-12-31: is not in the years from 1000 to 9998"),
        ("to=x", "to=x: is not a day such as 2026-03-14"),
        ("from=2026-03-04&to=2026-03-02", "from=2026-03-04: is after to=2026-03-02"),
        (f"words={201 * 'x'}", f"words={40 * 'x'}…: has more than 200 characters"),
        ("language=klingon", "language=klingon: is not a code of two or three letters"),
        ("to=20260314", "to=20260314: is not a day such as 2026-03-14"),
        ("from=2026-W11-6", "from=2026-W11-6: is not a day such as 2026-03-14"),
        ("sources=meridian", "sources=meridian: is not a filter; choose from from, to, since, source, language"),
        ("From=2026-03-02", "From=2026-03-02: is not a filter"),
        ("source=meridian&source=kurier", "source=kurier: stands there twice"),
        ("from=%3Cx-1%3E&language=de", "from=<x-1>: is not a day such as 2026-03-14"),
    ],
)
@pytest.mark.parametrize("address", ["/", "/search", "/changes.atom", "/record/1"])
def test_a_filter_without_sense_is_refused_by_name(browser: Browser, address: str, query: str, said: str) -> None:
    answer = browser.get(f"{address}?{query}")
    assert answer.status == 400
    told = parsed(answer.text).xpath("string(//main/p)")
    assert told.startswith(said) and told.endswith(". Go back, and choose something else.")


@pytest.mark.parametrize(
    "address", ["/", "/changes", "/voices", "/search", "/search?words=xyzzy", "/runs", "/source/meridian", "/articles"]
)
def test_each_region_and_each_query_of_a_page_has_a_name_of_its_own(browser: Browser, address: str) -> None:
    page = parsed(browser.get(address).text)
    sections = [page.get_element_by_id(key).text_content().strip() for key in page.xpath("//section/@aria-labelledby")]
    regions = [*sections, *page.xpath("//*[@role='region']/@aria-label"), *page.xpath("//nav/@aria-label")]
    queries = page.xpath("//details[@class='sql']/summary/@aria-label")
    assert len(queries) == len(page.xpath("//details[@class='sql']")) > 0
    assert all(re.fullmatch("SQL: [A-Z].{10,}", name) for name in queries), queries
    for names in (regions, queries):
        assert sorted(names) == sorted(set(names))


def test_a_search_without_hits_has_one_query(browser: Browser) -> None:
    page = parsed(browser.get("/search?words=xyzzy").text)
    assert len(page.xpath("//details[@class='sql']")) == 1


def test_feed_of_changes_has_what_the_page_has(browser: Browser) -> None:
    answer = browser.get("/changes.atom?source=hierheute")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.text)
    assert not feed.bozo and feed.version == "atom10"
    assert (feed.feed.id, feed.feed.language) == (f"{browser.base}/changes.atom?source=hierheute#en", "en")
    page = parsed(browser.get("/changes?source=hierheute").text)
    shown = page.xpath("//article[@class='change']/h3/a/@href | //section[@aria-labelledby='vanished']//th/a/@href")
    german = feedparser.parse(browser.get("/changes.atom?source=hierheute", {"Accept-Language": "de"}).text)
    assert german.feed.title == "Änderungen nach der Veröffentlichung: hierheute"
    assert (german.feed.id, german.feed.language) == (feed.feed.id.replace("#en", "#de"), "de")
    words = {"geändert", "verschwunden", "Überschrift", "Vorspann", "Text", "Korrektur", "Typografie"}
    said = {word for entry in german.entries for word in re.findall(r"\w+", entry.title.rpartition("(")[2])}
    assert {"geändert", "Text"} <= said <= words
    assert sorted(entry.link for entry in feed.entries) == sorted(urljoin(f"{browser.base}/changes", a) for a in shown)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries) > 0
    about = feedparser.parse(browser.get("/changes.atom?source=hierheute&words=gipfel").text)
    assert 0 < len(about.entries) < len(feed.entries)
    for entry in feed.entries:
        assert browser.get(urldefrag(entry.link).url.removeprefix(browser.base)).status == 200


def test_changes_are_found_by_words_that_were_edited_away(browser: Browser) -> None:
    page = parsed(browser.get("/changes?words=stall").text)
    assert "North Sea talks stall over who pays" in page.xpath("string(//article[@class='change'])")
    assert len(page.xpath("//article[@class='change']")) == 1
    nothing = parsed(browser.get("/changes?words=xyzzy").text)
    assert nothing.xpath("string(//*[@class='empty'])").strip().startswith("No change has these words.")


def test_address_holds_no_sql(browser: Browser) -> None:
    quote = "x'; drop table articles; --"
    for name in ("from", "to", "source", "language", "words", "named"):
        for page in ("/", "/search"):
            status = {"words": 200, "named": 200, "source": 404}.get(name, 400)
            assert browser.get(f"{page}?{name}={quote.replace(' ', '%20')}").status == status
    assert browser.get(f"/person/{quote.replace(' ', '%20')}").status == 404


def test_pages_speak_the_language_of_the_browser(browser: Browser) -> None:
    german = browser.get("/", {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert 'lang="de"' in german and "Abdeckung" in german
    assert 'lang="en"' in browser.get("/", {"Accept-Language": "fr,en;q=0.5"}).text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("fr;q=1, de;q=0.2, en;q=0.1", "de"),
        ("de;q=0, en", "en"),
        ("de;q=x", "en"),
        ("*", "en"),
        ("de; q=0.9, en; q=0.1", "de"),
    ],
)
def test_preferred_language(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language


def test_server_answers_only_to_its_own_name_and_only_to_reading(browser: Browser) -> None:
    assert browser.get("/", {"Host": "attacker.example"}).status == 400
    assert browser.get("/", method="POST").status == 405


def test_policy_is_also_a_header_and_forbids_foreign_frames(browser: Browser) -> None:
    headers = browser.get("/").headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_server_shows_a_new_publication(demo: Demo, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with served(data) as browser:
        assert browser.get("/").status == 503
        shutil.copyfile(demo.data / "news.duckdb", data / "news.duckdb")
        assert "Harbour reopened" not in browser.get("/articles").text
        newer = data / "newer.duckdb"
        shutil.copyfile(data / "news.duckdb", newer)
        with duckdb.connect(newer) as con:
            con.sql("update parts.articles_without_text set headline = 'Harbour reopened'")
        newer.replace(data / "news.duckdb")
        assert "Harbour reopened" in browser.get("/articles").text
        older = data / "older.duckdb"
        shutil.copyfile(data / "news.duckdb", older)
        with duckdb.connect(older) as con:
            con.sql("drop table feed_health")
        older.replace(data / "news.duckdb")
        answer = browser.get("/")
        assert answer.status == 503 and "newsledger publish" in answer.text


def test_backfills_lead_to_their_documents_and_failed_tasks_follow_the_days(demo: Demo, tmp_path: Path) -> None:
    shutil.copyfile(demo.data / "news.duckdb", tmp_path / "news.duckdb")
    with duckdb.connect(tmp_path / "news.duckdb") as con:
        con.sql("set timezone = 'UTC'")
        fill_empty_tables(con)
    with served(tmp_path) as browser:
        numbers = parsed(browser.get("/backfills").text).xpath("//td[@class='amount']")
        assert len(numbers) == 9
        (target,) = {urldefrag(urljoin("/backfills", number.find("a").get("href"))).url for number in numbers}
        page = parsed(browser.get(target).text)
        runs = {days: parsed(browser.get(f"/runs?{days}").text) for days in ("from=2026-03-04", "to=2026-03-03")}
        failed = [len(each.xpath("//section[h2/@id='failed']//li")) for each in runs.values()]
        of_source = parsed(browser.get("/runs?source=meridian").text).xpath("string(//section[h2/@id='failed'])")
    assert failed == [1, 0] and "Of all sources" in of_source
    assert len(page.xpath("//section[h2/@id='documents']//tbody/tr")) == int(numbers[7].text_content()) == 1
    assert "x" in page.xpath("string(//section[h2/@id='documents']//tbody)")
