"""Every kind of page in a real browser, from files and from the server: wide and narrow, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from pipeline.pages.live_pages import LiveLinks
from pipeline.pages.page_kinds import KINDS
from pipeline.pages.selection import Selection
from tests.e2e.airflow_ui import browser
from tests.e2e.page_reader import DESK, PAINTED, PHONE, Reader, fits, judge, resize
from tests.pages.serving import served
from tests.worlds.running import Demo, newsledger

A4 = (688, 1000)
"""A sheet without its margins, in CSS pixels."""
LOOKS = {
    "en": [(size, scheme) for size in (PHONE, DESK) for scheme in ("light", "dark")],
    "de": [(size, scheme) for size in (DESK, PHONE) for scheme in ("light", "dark")],
}
"""The looks of each page in each language: all must fit. axe-core judges the first by all of its rules, and the last
one, of the other size and the other scheme, by those that depend on size and colours."""
LOCALES = {"en": "en-GB", "de": "de-AT"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def reports(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report in both languages."""
    folder = tmp_path_factory.mktemp("reports")
    assert newsledger("report", "--data", demo.data, "-o", folder, "--source", "hierheute").returncode == 0
    return folder


def reader_of(chromium: Browser, first: str, size: tuple[int, int] = DESK, language: str = "en") -> Reader:
    viewport = ViewportSize(width=size[0], height=size[1])
    context = chromium.new_context(viewport=viewport, timezone_id="Asia/Seoul", locale=LOCALES[language])
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Reader(context.new_page(), first)


def look_at_all(reader: Reader, addresses: list[str], language: str) -> None:
    page = reader.page
    for address in addresses:
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == language
        for look in LOOKS[language]:
            size, scheme = look
            resize(page, size)
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert fits(page), f"{address} is too wide for {look}"
            if look == LOOKS[language][0]:
                judge(page, {})
            elif look == LOOKS[language][-1]:
                judge(page, PAINTED)
        resize(page, A4)
        page.emulate_media(media="print")
        assert fits(page), f"{address} is too wide for paper"
        page.emulate_media(media="screen")
    assert reader.wrong == []


@pytest.mark.parametrize("language", LOOKS)
def test_report_needs_nothing_but_its_files(chromium: Browser, reports: Path, language: str) -> None:
    reader = reader_of(chromium, f"file://{reports}/{language}/index.html", language=language)
    with chromium.new_page(locale=LOCALES[language]) as opened:
        opened.goto(f"file://{reports}/index.html")
        opened.wait_for_url(reader.first)
    addresses = list(reader.one_of_each_kind().values())
    assert len(addresses) == len(KINDS) - 3, "the newsroom has no backfill and no template, and this source no gap"
    look_at_all(reader, addresses, language)


@pytest.mark.parametrize("language", LOOKS)
def test_server_needs_nothing_but_itself(chromium: Browser, demo: Demo, language: str) -> None:
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/", language=language)
        addresses = list(reader.one_of_each_kind().values())
        assert len(addresses) == len(KINDS) - 1, "a record's page is only live; no backfill and no template are there"
        look_at_all(reader, addresses, language)


def test_map_of_many_days_fits_on_paper(chromium: Browser, demo: Demo) -> None:
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/", A4)
        page = reader.page
        page.goto(reader.first)
        more = "each => { for (let day = 0; day < 88; day++) each.cells[1].before(each.cells[1].cloneNode(true)); }"
        page.eval_on_selector_all(".map tr", f"rows => rows.forEach({more})")
        page.emulate_media(media="print")
        assert not fits(page)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert fits(page)


def test_frame_follows_the_switch_of_the_page_around_it(chromium: Browser, demo: Demo) -> None:
    """As Airflow's: a class of its document."""
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/")
        page = reader.page
        around = '<html class="dark"><iframe src="/"></iframe>'
        page.route(f"{server.base}/around", lambda route: route.fulfill(content_type="text/html", body=around))
        page.goto(f"{server.base}/around")
        body = page.frame_locator("iframe").locator("html")
        for theme in ("dark", "light", "dark"):
            page.evaluate("theme => { document.documentElement.className = theme; }", theme)
            expect(body).to_have_css("color-scheme", theme)
        page.evaluate("document.documentElement.className = ''")
        expect(body).to_have_css("color-scheme", "light")
        page.emulate_media(color_scheme="dark")
        expect(body).to_have_css("color-scheme", "dark")


def test_report_is_searched_by_the_browser(chromium: Browser, reports: Path) -> None:
    reader = reader_of(chromium, f"file://{reports}/en/search.html", PHONE)
    page = reader.page
    page.goto(reader.first)
    rows = page.locator("ol.hits > li")
    every = rows.count()
    words, found = page.get_by_label("Words in headline"), page.get_by_role("status")
    words.fill("tamsen de")
    shown = page.locator("ol.hits > li:visible")
    expect(found).to_have_text(f"Articles found: {shown.count()}")
    assert 0 < shown.count() < every
    words.press("Enter")
    assert page.url.endswith("#words=tamsen+de")
    with_words = shown.count()
    page.locator(".skip").press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("link", name="Choose a source").click()
    assert page.url.endswith("#words=tamsen+de"), "the search survives links to places on the page"
    page.reload()
    expect(found).to_have_text(f"Articles found: {with_words}")
    expect(page.get_by_role("link", name="Deutsch")).to_have_attribute("href", re.compile(r"#words=tamsen\+de$"))
    for facet in ("source", "language", "named", "day"):
        choice = page.locator(f"[data-facet={facet}] a").last
        articles = choice.locator("span").inner_text()
        choice.click()
        expect(found).to_have_text(f"Articles found: {articles}")
        assert shown.count() == int(articles)
        expect(page.locator(f"[data-facet={facet}]")).to_be_hidden()
    assert shown.count() < with_words
    removed = page.locator("[data-narrowed] a")
    for left in (3, 2, 1, 0):
        removed.first.click()
        expect(removed).to_have_count(left)
    expect(found).to_have_text(f"Articles found: {with_words}")
    page.goto(reader.first + "#words=xylophone")
    expect(found).to_have_text("Articles found: 0")
    expect(page.locator(".empty")).to_contain_text("Leave out a word")
    page.go_back()
    expect(words).to_have_value("tamsen de")
    expect(page.locator(".empty")).to_be_hidden()
    page.goto(reader.first + "#words=%")
    expect(words).to_have_value("%")
    words.fill("jo\u0308rg tamsen")
    expect(found).not_to_have_text("Articles found: 0")
    by_word = found.inner_text()
    words.fill("„Jörg Tamsen“")
    expect(found).to_have_text(by_word)
    for no_words_of_an_article in ('"Tamsen Jörg"', "2026"):
        words.fill(no_words_of_an_article)
        expect(found).to_have_text("Articles found: 0")
    fewer = [every]
    for terms in ("hierheute", "hierheute -deich"):  # the source of all, which few texts name
        words.fill(terms)
        fewer.append(shown.count())
    assert fewer == sorted(set(fewer), reverse=True) and fewer[-1] > 0
    deep: str = rows.evaluate_all(
        r"all => all.map(row => row.dataset.text.slice(900).match(/\w{12,}/)).find(Boolean)[0]"
    )
    words.fill(deep)
    expect(shown.first.locator("mark").first).to_have_text(deep)
    page.goto(reader.first + "#day=notaday")
    expect(found).to_have_text("Articles found: 0")
    removed.click()
    expect(found).to_have_text(f"Articles found: {every}")
    assert reader.wrong == []


def test_choice_stays_in_the_address_and_back_goes_back(chromium: Browser, demo: Demo) -> None:
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/")
        page = reader.page
        page.goto(reader.first)
        page.get_by_label("Source", exact=True).select_option("meridian")
        page.get_by_role("button", name="Show").click()
        rows = page.locator("table.map tbody tr")
        expect(rows).to_have_count(1)
        assert page.url == f"{reader.first}?source=meridian"
        page.get_by_role("link", name="Voices").click()
        expect(page.get_by_label("Source", exact=True)).to_have_value("meridian")
        page.go_back()
        page.go_back()
        expect(rows).to_have_count(5)
        expect(page.get_by_label("Source", exact=True)).to_have_value("")
        assert reader.wrong == []


@pytest.mark.parametrize("key", ["manual__2026-03-05T00:00:00+00:00", "Zoë O'Hara (née Ali), A&B; 5 = five @ 1*1 $!"])
def test_a_browser_that_quotes_an_address_again_spells_it_the_same(chromium: Browser, key: str) -> None:
    """Airflow decodes the address of the page in its frame, and loads the page again if its spelling has changed."""
    address = LiveLinks(0, Selection()).to("run", key).removeprefix(".")
    with chromium.new_page() as page:
        again = page.evaluate("address => new URL(decodeURIComponent(address), 'http://airflow').pathname", address)
    assert again == address


def test_keyboard_reaches_the_content_and_times_are_local(chromium: Browser, demo: Demo) -> None:
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/runs")
        page = reader.page
        page.goto(reader.first)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        time = page.locator("tbody time").first
        assert "UTC" in (time.get_attribute("title") or "") and "UTC" not in time.inner_text()
        page.locator("summary", has_text="SQL").first.click()
        page.get_by_role("button", name="Copy").first.click()
        assert page.evaluate("getSelection().toString()").startswith("-- What each run of the chosen days recorded")
        expect(page.get_by_role("status")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("-- What each run of the chosen days recorded")
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        page.get_by_role("button", name="Copy").first.click()
        expect(page.get_by_role("status")).to_contain_text("Selected")
        page.get_by_role("button", name="All times in UTC").press("Enter")
        expect(time).to_contain_text("UTC")


def test_what_changed_about_something_and_who_was_quoted_first(chromium: Browser, demo: Demo) -> None:
    """Changes ▸ Last 7 days, after the words are typed ▸ both texts; back ▸ who was quoted first: four clicks."""
    with served(demo.data) as server:
        reader = reader_of(chromium, f"{server.base}/")
        page = reader.page
        page.goto(reader.first)
        page.get_by_role("link", name="Changes", exact=True).click()
        every = page.locator("article.change").count()
        page.get_by_label("About").fill("gipfel")
        page.get_by_role("button", name="Last 7 days").click()
        assert 0 < page.locator("article.change").count() < every
        assert "words=gipfel" in page.url
        page.get_by_role("link", name="Both texts side by side").first.click()
        added = page.locator(".revision ins").first
        expect(added).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation")).to_be_hidden()
        assert added.evaluate("each => getComputedStyle(each, '::before').content") == '"[+"'
        page.emulate_media(media="screen")
        page.go_back()
        first = page.locator("section", has=page.get_by_role("heading", name="Quoted first about it")).locator("li a")
        person = first.first.inner_text()
        first.first.click()
        expect(page.get_by_role("heading", name=person)).to_be_visible()
        assert reader.wrong == []
