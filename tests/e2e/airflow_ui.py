"""Airflow's web interface as people use it, in a headless Chromium.

Its REST API clears runs, and waits for their end.
"""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from playwright.sync_api import Page, Response, expect, sync_playwright

DAG = "ingest_daily"
RUN_SECONDS = 600
_POLL_SECONDS = 2.0
_TRIES = 5
_LOCKED = (500, 503)
"""What an Airflow on SQLite answers, having done nothing, if a task happens to start: its database is locked."""


class DagRun(msgspec.Struct, frozen=True):
    dag_run_id: str
    run_type: str
    state: str
    logical_date: datetime
    start_date: datetime | None = None
    end_date: datetime | None = None


def were_at_once(runs: Sequence[DagRun]) -> bool:
    """Whether there was a time at which all these ended runs were running."""
    starts = [run.start_date for run in runs if run.start_date is not None]
    ends = [run.end_date for run in runs if run.end_date is not None]
    return len(starts) == len(ends) == len(runs) and max(starts) < min(ends)


class AirflowUI:
    """The page of `ingest_daily`. Pictures go to `pictures`."""

    def __init__(self, page: Page, base: str, password: str, pictures: Path) -> None:
        self._page = page
        self._base = base
        self._password = password
        self._pictures = pictures
        self._pictures.mkdir(parents=True, exist_ok=True)

    def log_in(self) -> None:
        page = self._page
        page.goto(self._base)
        page.get_by_label("Username").fill("admin")
        page.locator("input[type=password]").fill(self._password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self._base}/")

    def backfill(self, first: datetime, last: datetime, reprocess: str, picture: str | None = None) -> None:
        """Trigger ▸ Backfill for the days from `first` to `last`, two at a time; all else as the form has it."""
        self.wait_for_backfills()
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
            expect(calendar).to_have_count(0, timeout=30_000)  # the other field has one, too
        dialog.get_by_text(reprocess, exact=True).click()
        dialog.locator("input[name=max_active_runs]").fill("2")
        if picture is not None:
            self.take_picture(picture)
        button = dialog.get_by_role("button", name="Run Backfill")
        expect(button).to_be_enabled()
        for _ in range(_TRIES):
            with page.expect_response(_is_of_backfill) as answer:
                button.click()
            if answer.value.status not in _LOCKED:
                break
        expect(dialog).to_be_hidden(timeout=60_000)

    def show(self, tab: str, picture: str) -> None:
        """A tab of the DAG's page, named as in its address."""
        self._page.goto(f"{self._base}/dags/{DAG}/{tab}")
        self._page.wait_for_load_state("networkidle")
        self.take_picture(picture)

    def take_picture(self, name: str) -> None:
        self._page.screenshot(path=self._pictures / f"{name}.png")

    def run_again(self, run: DagRun) -> None:
        """Clear the run: all its tasks are done once more."""
        self._ask(
            f"/api/v2/dags/{DAG}/dagRuns/{quote(run.dag_run_id, safe='')}/clear", {"dry_run": False}, self._token()
        )

    def wait_for_runs(self, days: Sequence[datetime], since: datetime) -> list[DagRun]:
        """The runs of these days that have started since then, when they have ended. Fails if they do not."""
        self._page.goto("about:blank")  # a page that shows runs keeps browser and server as busy as a task
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            runs = [
                run for run in self._runs() if run.logical_date in days and run.start_date and run.start_date >= since
            ]
            if len(runs) == len(days) and all(run.state in ("success", "failed") for run in runs):
                return runs
            time.sleep(_POLL_SECONDS)
        pytest.fail(f"the runs have not ended within {RUN_SECONDS} seconds: {self._runs()}")

    def pools(self) -> dict[str, int]:
        """Slots by name."""
        return {pool["name"]: pool["slots"] for pool in self._get("pools")["pools"]}

    def published(self) -> list[dict[str, int]]:
        """The counts that came with each event of the asset, in order."""
        return [event["extra"] for event in self._get("assets/events", order_by="timestamp")["asset_events"]]

    def wait_for_backfills(self) -> None:
        """Airflow has one at a time of a DAG, and notices within half a minute that all runs of one have ended."""
        deadline = time.monotonic() + RUN_SECONDS
        while any(backfill["completed_at"] is None for backfill in self._get("backfills", dag_id=DAG)["backfills"]):
            assert time.monotonic() < deadline, f"a backfill has not ended within {RUN_SECONDS} seconds"
            time.sleep(_POLL_SECONDS)

    def _runs(self) -> list[DagRun]:
        return msgspec.convert(self._get(f"dags/{DAG}/dagRuns", limit=100)["dag_runs"], list[DagRun])

    def _get(self, path: str, **parameters: object) -> Any:
        return self._ask(f"/api/v2/{path}?{urlencode(parameters)}", token=self._token())

    def _token(self) -> str:
        token: str = self._ask("/auth/token", {"username": "admin", "password": self._password})["access_token"]
        return token

    def _ask(self, path: str, body: object = None, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, headers)
        tries = 0
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as exc:
                tries += 1
                if exc.code not in _LOCKED or tries == _TRIES:
                    raise
            time.sleep(_POLL_SECONDS)


def _is_of_backfill(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/api/v2/backfills")


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("this needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 1150})
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()
