"""Airflow's web interface as people use it, in a headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from tests.e2e.airflow_api import LOCKED, AirflowApi, DagRun
from tests.e2e.page_reader import COLOURED, DESK, PHONE, Reader, fits, judge, resize

DAG = "ingest_daily"
_TRIES = 5
PATIENCE_MS = 60_000
"""The limit for what is expected of a page: a busy machine takes a while for the first page of each kind."""


def were_at_once(runs: Sequence[DagRun]) -> bool:
    """True if there was a time at which all these ended runs were running."""
    starts = [run.start_date for run in runs if run.start_date is not None]
    ends = [run.end_date for run in runs if run.end_date is not None]
    return len(starts) == len(ends) == len(runs) and max(starts) < min(ends)


class AirflowUI:
    """The page of `ingest_daily`. Pictures go to `pictures`."""

    def __init__(self, page: Page, api: AirflowApi, pictures: Path) -> None:
        self._page = page
        self._api = api
        self._base = api.base
        self._pictures = pictures
        self._pictures.mkdir(parents=True, exist_ok=True)

    def log_in(self) -> None:
        page = self._page
        page.goto(self._base)
        page.get_by_label("Username").fill("admin")
        page.locator("input[type=password]").fill(self._api.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self._base}/")

    def backfill(self, first: datetime, last: datetime, reprocess: str, picture: str | None = None) -> None:
        """Trigger ▸ Backfill for the days from `first` to `last`, two at a time; all else as the form has it."""
        self._api.wait_for_backfills(DAG)
        page = self._page
        page.goto(f"{self._base}/dags/{DAG}")
        page.get_by_role("button", name="Trigger").first.click()
        page.get_by_text("Run this Dag for a range of dates").click()
        dialog = page.get_by_role("dialog").filter(has_text="Run Backfill")
        for label, moment in (("From", first), ("To", last)):
            field = dialog.locator("[data-part=root]").filter(has=page.get_by_text(label, exact=True)).first
            field.get_by_test_id("datetime-input").click()
            page.get_by_placeholder("YYYY/MM/DD").fill(f"{moment:%Y/%m/%d}")
            page.get_by_placeholder("HH:mm").fill(f"{moment:%H:%M}")
            page.keyboard.press("Escape")
            calendar = page.get_by_placeholder("YYYY/MM/DD")
            expect(calendar).to_have_count(0)  # the other field has one, too
        dialog.get_by_text(reprocess, exact=True).click()
        dialog.locator("input[name=max_active_runs]").fill("2")
        expect(dialog.get_by_text("runs will be triggered")).to_be_visible()
        if picture is not None:
            self.take_picture(picture)
        button = dialog.get_by_role("button", name="Run Backfill")
        expect(button).to_be_enabled()
        for _ in range(_TRIES):
            with page.expect_response(_is_of_backfill) as answer:
                button.click()
            if answer.value.status not in LOCKED:
                break
        expect(dialog).to_be_hidden()

    def show(self, tab: str, picture: str) -> None:
        """A tab of the DAG's page, named as in its address."""
        self._page.goto(f"{self._base}/dags/{DAG}/{tab}")
        self._page.wait_for_load_state("networkidle")
        self.take_picture(picture)

    def take_picture(self, name: str) -> None:
        self._page.screenshot(path=self._pictures / f"{name}.png")

    def look_at_the_news(self, picture: str) -> None:
        """newsledger's own pages, which the plugin puts into the navigation. Links to outlets open a tab."""
        self._page.goto(self._base)
        self._page.get_by_role("link", name="News").first.click()
        news = self._page.frame_locator("iframe")
        expect(news.get_by_role("heading", name="Coverage")).to_be_visible()
        self.take_picture(picture)
        with self._page.context.expect_page() as outlet:
            news.locator("a.outside").first.click()
        outlet.value.close()
        source = news.get_by_label("Source", exact=True)
        source.select_option("meridian")
        news.get_by_role("button", name="Show").click()
        expect(news.locator("table.map tbody tr")).to_have_count(1)
        news.get_by_role("link", name="Voices").click()
        expect(news.get_by_role("heading", name="Voices")).to_be_visible()
        expect(source).to_have_value("meridian")
        self._page.go_back()
        expect(news.get_by_role("heading", name="Coverage")).to_be_visible()

    def read_all_kinds_of_news(self) -> set[str]:
        """The kinds of newsledger's pages that links lead to from the first one, with nothing wrong on any of them."""
        page = self._page.context.new_page()
        reader = Reader(page, f"{self._base}/newsledger/")
        found = reader.one_of_each_kind()
        page.close()
        assert reader.wrong == []
        self._look_at_the_frame(found)
        return {*found}

    def _look_at_the_frame(self, addresses: Mapping[str, str]) -> None:
        """All kinds of pages within Airflow, by its own switch between light and dark, on a desk and on a phone."""
        page = self._page
        size = page.viewport_size
        assert size is not None
        for theme, (width, height) in (("dark", DESK), ("light", PHONE)):
            resize(page, (width, height))
            page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
            page.reload()
            document = page.frame_locator("iframe").locator("html")
            expect(document).to_have_css("color-scheme", theme)
            frame = next(each for each in page.frames if each.url.startswith(f"{self._base}/newsledger/"))
            for address in addresses.values():
                frame.goto(address, wait_until="networkidle")  # Airflow would load an address again that it respells
                expect(document).to_have_css("color-scheme", theme)
                assert fits(frame), f"{address} is too wide for Airflow's frame at {width}"
                judge(frame, COLOURED)
        resize(page, (size["width"], size["height"]))

    def leave(self) -> None:
        """Show nothing: a page that shows runs keeps browser and server as busy as a task."""
        self._page.goto("about:blank")


def _is_of_backfill(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/api/v2/backfills")


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("this needs Chromium: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def browser_page() -> Iterator[Page]:
    with browser() as opened:
        page = opened.new_context(viewport={"width": 1400, "height": 1150}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page
