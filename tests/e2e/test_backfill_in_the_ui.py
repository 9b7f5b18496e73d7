"""A backfill as people start one: a real Airflow on the sample newsroom, driven in a real browser.

The newsroom stands still in the evening of its third day, which was yesterday. The scheduled run takes in what the
feeds still hold. Then the two days before are backfilled; and once more with a new version of the extractor, at the
same time as the scheduled run.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from pipeline.ledger.log import utc_now
from pipeline.settings import PROJECT_ROOT
from tests.e2e.airflow_ui import AirflowUI, browser_page, were_at_once
from tests.worlds.room import Room, room
from tests.worlds.running import free_port

START = "from pipeline.cli import main; main()"
PICTURES = "NEWSLEDGER_PICTURES"


class Installation:
    """A copy of newsledger that can be upgraded while its Airflow runs."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in ("dags", "pipeline", "sql"):
            shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def upgrade_extractor(self) -> str:
        """A version that reads as the one before, under the next number."""
        module = self.root / "pipeline" / "extract" / "__init__.py"
        before, number = re.search(r'PRODUCER = "(extract@(\d+))"', text := module.read_text()).groups()  # type: ignore[union-attr]
        after = f"extract@{int(number) + 1}"
        module.write_text(text.replace(f'"{before}"', f'"{after}"'))
        return after

    @contextmanager
    def airflow(self, past: Room) -> Iterator[tuple[str, str]]:
        """Its address and password. The test ends all of its processes."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-c", START, "airflow", "--port", str(port)],
            cwd=self.root,  # the first place where Python looks
            env=os.environ | past.env | {"PYTHONPATH": str(self.root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert "password" in ready, "see airflow/standalone.log in the data directory"
            yield f"http://127.0.0.1:{port}", ready.split("password ")[1].split()[0]
        finally:
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            status = process.wait(90)
        assert len(family) > 3
        assert (status, [member.cmdline() for member in family if member.is_running()]) == (0, [])


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as opened:
        yield opened


def test_two_days_are_backfilled_and_reprocessed_while_the_scheduled_run_works(tmp_path: Path, past: Room) -> None:
    installation = Installation(tmp_path / "installation")
    pictures = Path(os.environ.get(PICTURES, tmp_path / "pictures"))
    first, second, third = (past.first_day + timedelta(days=day) for day in range(3))
    missed = {edition.url for edition in past.newsroom.editions() if edition.published_at < third}

    with installation.airflow(past) as (base, password), browser_page() as page:
        ui = AirflowUI(page, base, password, pictures)
        ui.log_in()
        assert ui.pools()["newsledger_models"] == 1

        began = past.first_day
        (scheduled,) = ui.wait_for_runs([third], began)
        assert (scheduled.run_type, scheduled.state) == ("scheduled", "success")
        known = read(past)
        assert known
        assert [counts["articles"] for counts in ui.published()] == [len(known)]
        assert len(missed - known) > 10, "no feed holds them any more"
        assert past.news("select 1 from backfills") == []

        began = utc_now()
        ui.backfill(first, second, "Missing Runs", "backfill-form")
        runs = ui.wait_for_runs([first, second], began)
        assert [(run.run_type, run.state) for run in runs] == [("backfill", "success")] * 2
        ui.wait_for_backfills()
        ui.show("backfills", "backfill-done")
        assert missed <= read(past)
        assert_nothing_is_doubled(past)
        ((lacked, recovered, doubled),) = past.news(
            "select sum(known + found - unchanged), sum(recovered), count(*) - count(distinct (run_id, source_id))"
            " from backfills"
        )
        assert recovered == lacked == len(missed - known)
        assert doubled == 0

        newest = installation.upgrade_extractor()
        asked, began = past.pages_asked(), utc_now()
        ui.backfill(first, second, "All Runs", "backfill-all-runs")
        ui.run_again(scheduled)
        runs = ui.wait_for_runs([first, second, third], began)
        assert [run.state for run in runs] == ["success"] * 3
        assert were_at_once(runs)
        assert past.pages_asked() == asked
        assert_nothing_is_doubled(past)
        assert past.news(
            "select count(*) - count(distinct caused_by), count(distinct article_id)"
            f" from events.article_extracted where producer = '{newest}'"
        ) == [(0, len(read(past)))]
        assert past.news(f"select sum(recovered) from backfills where finished_at >= '{began.isoformat()}'") == [(0,)]
        ui.show("", "grid")
    past.run("verify", "--archive")


def read(past: Room) -> set[str]:
    return {url for (url,) in past.news("select url from articles")}


def assert_nothing_is_doubled(past: Room) -> None:
    for table in ("item_discovered", "article_captured", "article_extracted", "quote_extracted"):
        assert past.news(f"select event_id from events.{table} group by event_id having count(*) > 1") == []
    assert past.news("select url from articles group by url having count(*) > 1") == []
    assert (
        past.news(
            "select article_id from events.article_captured where warc_type = 'response' "
            "group by article_id, payload_digest having count(*) > 1"
        )
        == []
    )
