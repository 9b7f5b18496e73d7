"""Every kind of page in a real browser, from files and from the server: wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from pipeline.pages.page_kinds import KINDS
from tests.e2e.airflow_ui import browser
from tests.pages.serving import served
from tests.worlds.running import Demo, newsledger

SIZES = ((360, 740), (1440, 900))
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


class Reader:
    """Somebody who looks at pages. What goes wrong meanwhile is kept in `wrong`."""

    def __init__(self, chromium: Browser, first: str, size: tuple[int, int], scheme: str) -> None:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            timezone_id="Asia/Seoul",
            locale="en-GB",
        )
        self.page: Page = context.new_page()
        self.first = first
        self.inside = first.rpartition("/")[0]
        self.wrong: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.route("**/*", self._block_outside)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _block_outside(self, route: Route) -> None:
        if route.request.url.startswith(self.inside):
            route.continue_()
        else:
            self.wrong.append(f"requested {route.request.url}")
            route.abort()

    def one_of_each_kind(self) -> list[str]:
        """The address of a page of each kind, found by following links from the first page."""
        found, waiting = dict[str, str](), {"coverage": self.first}
        while waiting:
            kind, address = waiting.popitem()
            found[kind] = address
            self.page.goto(address)
            assert self.page.locator("body").get_attribute("data-page") == kind
            links = self.page.eval_on_selector_all("main a, nav a", "all => all.map(a => a.href)")
            for link in sorted({urldefrag(link).url for link in links if link.startswith(self.inside)}):
                name = link.removeprefix(self.inside).split("/")[1].removesuffix(".html")
                if name in {*KINDS, "record"} - found.keys():
                    waiting[name] = link
        return list(found.values())


def look_at_all(reader: Reader, addresses: list[str]) -> None:
    for address in addresses:
        reader.page.goto(address)
        width = reader.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{address} is too wide"
        if reader.page.evaluate("innerWidth") < 640:
            wider = "all => all.filter(each => each.scrollWidth > each.clientWidth).length"
            cut = reader.page.eval_on_selector_all(".scroll:not(:has(.map))", wider)
            assert cut == 0, f"{address} has tables that a phone cuts"
        found = Axe().run(reader.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == [], address
    assert reader.wrong == []


@pytest.mark.parametrize(("size", "scheme"), [(SIZES[0], "light"), (SIZES[1], "dark")], ids=str)
def test_report_needs_nothing_but_its_files(
    chromium: Browser, demo: Demo, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    assert newsledger("report", "--data", demo.data, "-o", tmp_path, "--source", "hierheute").returncode == 0
    reader = Reader(chromium, f"file://{tmp_path}/index.html", size, scheme)
    addresses = reader.one_of_each_kind()
    assert len(addresses) == len(KINDS) - 3, "the newsroom has no backfill and no template, and this source no gap"
    look_at_all(reader, addresses)


@pytest.mark.parametrize(("size", "scheme"), [(SIZES[0], "dark"), (SIZES[1], "light")], ids=str)
def test_server_needs_nothing_but_itself(chromium: Browser, demo: Demo, size: tuple[int, int], scheme: str) -> None:
    with served(demo.data) as server:
        reader = Reader(chromium, f"{server.base}/", size, scheme)
        addresses = reader.one_of_each_kind()
        assert len(addresses) == len(KINDS) - 1, "a record's page is only live; no backfill and no template are there"
        look_at_all(reader, addresses)


def test_report_is_searched_by_the_browser(chromium: Browser, demo: Demo, tmp_path: Path) -> None:
    assert newsledger("report", "--data", demo.data, "-o", tmp_path, "--source", "hierheute").returncode == 0
    reader = Reader(chromium, f"file://{tmp_path}/search.html", SIZES[0], "light")
    page = reader.page
    page.goto(reader.first)
    rows = page.locator("ol.hits > li")
    every = rows.count()
    page.get_by_label("Words, names").fill("tamsen de")
    shown = page.locator("ol.hits > li:visible")
    expect(page.get_by_role("status")).to_have_text(f"Articles found: {shown.count()}")
    assert 0 < shown.count() < every
    page.get_by_label("Words, names").press("Enter")
    assert page.url.endswith("#tamsen%20de")
    page.goto(reader.first + "#xylophone")
    expect(page.get_by_role("status")).to_have_text("Articles found: 0")
    page.go_back()
    expect(page.get_by_label("Words, names")).to_have_value("tamsen de")
    expect(page.locator(".empty")).to_be_hidden()
    page.goto(reader.first + "#q=%")
    expect(page.get_by_label("Words, names")).to_have_value("q=%")
    expect(page.locator(".empty")).to_contain_text("Leave out a word")
    assert reader.wrong == []


def test_choice_stays_in_the_address_and_back_goes_back(chromium: Browser, demo: Demo) -> None:
    with served(demo.data) as server:
        reader = Reader(chromium, f"{server.base}/", SIZES[1], "light")
        page = reader.page
        page.goto(reader.first)
        page.get_by_label("Source", exact=True).select_option("meridian")
        page.get_by_role("button", name="Show").click()
        rows = page.locator("table.map tbody tr")
        expect(rows).to_have_count(1)
        page.get_by_role("link", name="Voices").click()
        expect(page.get_by_label("Source", exact=True)).to_have_value("meridian")
        page.go_back()
        page.go_back()
        expect(rows).to_have_count(5)
        assert reader.wrong == []


def test_keyboard_reaches_the_content_and_times_are_local(chromium: Browser, demo: Demo) -> None:
    with served(demo.data) as server:
        reader = Reader(chromium, f"{server.base}/runs", SIZES[1], "light")
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


def test_what_changed_about_something_and_who_was_quoted_first(chromium: Browser, demo: Demo) -> None:
    """Changes ▸ Last 7 days, after the words are typed ▸ both texts; back ▸ who was quoted first: four clicks."""
    with served(demo.data) as server:
        reader = Reader(chromium, f"{server.base}/", SIZES[1], "light")
        page = reader.page
        page.goto(reader.first)
        page.get_by_role("link", name="Changes", exact=True).click()
        every = page.locator("article.change").count()
        page.get_by_label("About").fill("gipfel")
        page.get_by_role("button", name="Last 7 days").click()
        assert 0 < page.locator("article.change").count() < every
        assert "words=gipfel" in page.url
        page.get_by_role("link", name="Both texts side by side").first.click()
        expect(page.locator(".revision ins, .revision del").first).to_be_visible()
        page.go_back()
        first = page.locator("section", has=page.get_by_role("heading", name="Quoted first about it")).locator("li a")
        person = first.first.inner_text()
        first.first.click()
        expect(page.get_by_role("heading", name=person)).to_be_visible()
        assert reader.wrong == []
