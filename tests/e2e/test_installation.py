"""A day in the life of an installation: a real Airflow on the sample newsroom, driven in a real browser.

The newsroom stands still in the evening of its third day, which was yesterday. The scheduled run takes in what the
feeds still hold, and a DAG of somebody else follows it. A task is killed. Then the two days before are backfilled.
People make mistakes and are told. The days are backfilled once more with a new version of the extractor, at the same
time as the scheduled run.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock

from pipeline.canonical_urls import canonical_url
from pipeline.cli.airflow import SCHEDULES
from pipeline.collect.http.addresses import canonical_host
from pipeline.collect.http.host_files import file_stem
from pipeline.ledger.log import utc_now
from pipeline.pages.page_kinds import KINDS
from pipeline.seen_ledgers import SeenLedger
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.sources import load_sources
from tests.e2e.airflow_api import AirflowApi, DagRun, TaskInstance, until
from tests.e2e.airflow_ui import DAG, AirflowUI, browser_page, were_at_once
from tests.worlds.mailbox import Mailbox, mailbox
from tests.worlds.operations_manual import example_of
from tests.worlds.room import Room, assert_nothing_is_doubled, room
from tests.worlds.running import free_port

LATE = """
from datetime import timedelta
from time import sleep

from airflow.sdk import dag
from newsledger_defaults import DAG_ARGS
from newsledger_tasks import step


@dag(schedule=None, dagrun_timeout=timedelta(seconds=1), **DAG_ARGS)
def late():
    @step()
    def wait() -> None:
        sleep(600)

    wait()


late()
"""
"""A DAG with the defaults of newsledger's, whose runs take too long."""
START = "from pipeline.cli import main; main()"
PICTURES = "NEWSLEDGER_PICTURES"
NOTHING_TO_SHOW = {"backfill", "changed", "gaps", "removed", "templates"}
"""Kinds of pages that may be missing after the first run: it made no backfill, and found nothing of some others."""


class Installation:
    """A copy of newsledger that can be upgraded while its Airflow runs."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in ("dags", "pipeline", "plugins", "sql"):
            shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def upgrade_extractor(self) -> str:
        """A version that reads as the one before, under the next number."""
        module = self.root / "pipeline" / "extract" / "__init__.py"
        before, number = re.search(r'PRODUCER = "(extract@(\d+))"', text := module.read_text()).groups()  # type: ignore[union-attr]
        after = f"extract@{int(number) + 1}"
        module.write_text(text.replace(f'"{before}"', f'"{after}"'))
        return after

    def add_dag(self, name: str, code: str) -> None:
        (self.root / "dags" / f"{name}.py").write_text(code)

    @contextmanager
    def airflow(self, past: Room, env: Mapping[str, str]) -> Iterator[AirflowApi]:
        """A started Airflow. Nothing listens but its page, and ctrl-C ends all of its processes."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-c", START, "airflow", "--port", str(port)],
            cwd=self.root,  # the first place where Python looks
            env={**os.environ, **past.env, **env} | {"PYTHONPATH": str(self.root), "XDG_STATE_HOME": str(self.root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert "password" in ready, "see airflow/standalone.log in the data directory"
            yield AirflowApi(f"http://127.0.0.1:{port}", ready.split("password ")[1].split()[0])
            assert listening(psutil.Process(process.pid).children(recursive=True)) == {("127.0.0.1", port)}
            assert "served logs" not in (past.data / "airflow" / "standalone.log").read_text()
        finally:
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            status = process.wait(90)
        assert len(family) > 3
        assert (status, [member.cmdline() for member in family if member.is_running()]) == (0, [])


def listening(processes: Sequence[psutil.Process]) -> set[tuple[str, int]]:
    """The addresses at which these processes listen, according to the system."""
    pids = {process.pid for process in processes}
    sockets = (each for each in psutil.net_connections("inet") if each.pid in pids)
    return {(each.laddr[0], each.laddr[1]) for each in sockets if each.status == psutil.CONN_LISTEN and each.laddr}


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as opened:
        yield opened


def test_an_installation_starts_green_survives_mistakes_and_backfills(tmp_path: Path, past: Room) -> None:
    installation = Installation(tmp_path / "installation")
    pictures = Path(os.environ.get(PICTURES, tmp_path / "pictures"))
    first, second, third = (past.first_day + timedelta(days=day) for day in range(3))
    missed = {edition.url for edition in past.newsroom.editions() if edition.published_at < third}
    installation.add_dag("report", example_of("PartitionedAssetTimetable"))
    installation.add_dag("late", LATE)

    with mailbox() as box, installation.airflow(past, told(box)) as api, browser_page() as page:
        assert {pool["name"]: pool["slots"] for pool in api.get("pools")["pools"]}["newsledger_models"] == 1
        catalog = str(past.data / "ledger.sqlite")
        noted = (installation.root / "newsledger" / "ledgers").read_text().splitlines()
        assert [SeenLedger.read(line).place for line in noted] == [catalog]

        assert {dag["dag_id"] for dag in api.get("dags")["dags"]} >= {*SCHEDULES}
        runs = api.wait_for(
            lambda runs: {run.dag_id for run in runs} >= {DAG, "report"} and all(run.has_ended for run in runs)
        )
        assert "maintain_weekly" not in {run.dag_id for run in runs}, "its first run waits for its time"
        assert {run.state for run in runs} == {"success"}
        assert SeenLedger.read(api.get("variables/newsledger_ledger")["value"]).place == catalog
        assert {part["status"] for part in api.get("monitor/health").values()} == {"healthy"}
        late = api.trigger("late", {})
        api.pause("poll_hourly")  # otherwise its run at half past the hour may meet a broken sources.toml
        assert max(task.try_number for run in runs for task in api.tasks(run)) == 1, "nothing was tried again"
        (scheduled,) = (run for run in runs if run.dag_id == DAG)
        assert (scheduled.run_type, scheduled.partition_key) == ("scheduled", f"{third:%Y-%m-%d}")
        assert scheduled.dag_run_id.startswith(f"scheduled__{third:%Y-%m-%d}__")
        assert [run.partition_key for run in runs if run.dag_id == "report"] == [scheduled.partition_key]
        known = read(past)
        assert known
        assert [counts["articles"] for counts in published(api)] == [len(known)]
        assert len(missed - known) > 10, "no feed holds them any more"
        assert past.news("select 1 from backfills") == []

        struck = a_killed_shard_is_tried_again(api, past)

        ui = AirflowUI(page, api, pictures)
        page.goto(f"{api.base}/newsledger/")
        assert "/auth/login" in page.url, "the pages are for those who are logged in"
        ui.log_in()
        ui.look_at_the_news("pages-in-airflow")
        assert {*KINDS, "record"} - ui.read_all_kinds_of_news() <= NOTHING_TO_SHOW
        began = utc_now()
        ui.backfill(first, second, "Missing Runs", "backfill-form")
        ui.leave()
        earlier = ended_runs(api, [first, second], began)
        assert [(run.run_type, run.state) for run in earlier] == [("backfill", "success")] * 2
        assert missed <= read(past)
        assert_nothing_is_doubled(past.news)
        assert api.wait_for_end(struck).state == "success"
        assert_polled_once(past, struck)
        people_make_mistakes(api, past, box, late)  # while Airflow has not noticed yet that the backfill has ended
        recovered, replayed, *others = backfilled(past, earlier)  # replayed: what the shard has fetched meanwhile
        assert (recovered > 0, recovered + replayed, *others) == (True, len(missed - known), len(missed & known), 0)
        assert past.news("select count(*) - count(distinct (run_id, source_id)) from backfills") == [(0,)]
        api.wait_for_backfills(DAG)
        ui.show("backfills", "backfill-done")
        ui.leave()

        newest = installation.upgrade_extractor()
        asked, began = past.pages_asked(), utc_now()
        ui.backfill(first, second, "All Runs", "backfill-all-runs")
        until(lambda: have_extracted(api, [first, second], began) or None)
        api.clear(scheduled)
        ui.leave()
        runs = ended_runs(api, [first, second, third], began)
        assert [run.state for run in runs] == ["success"] * 3
        assert were_at_once(runs)
        assert past.pages_asked() == asked
        assert "late failed" not in past.check(), "the first task of these runs has seen that it was marked"
        assert_nothing_is_doubled(past.news)
        assert past.news(
            "select count(*) - count(distinct caused_by), count(distinct article_id)"
            f" from events.article_extracted where producer = '{newest}'"
        ) == [(0, len(read(past)))]
        assert backfilled(past, runs[:2]) == (0, len(missed), 0, 0), "all pages were processed by the new extractor"
        kept = {run.dag_run_id: run for run in api.runs(DAG)}
        assert [kept[run.dag_run_id] for run in earlier] == earlier, "a repeated day has a run of its own"
        ui.show("", "grid")
        ui.show(f"runs/{runs[0].dag_run_id}", "run")
    past.run("verify", "--archive")


def people_make_mistakes(api: AirflowApi, past: Room, box: Mailbox, late: DagRun) -> None:
    """Each is told at once, in the log of the first task and by mail. So is everybody whose run took too long."""
    a_mistake_fails_at_once(api, {"sources": ["meridain"]}, "unknown source 'meridain'; the nearest known are: meri")
    sources = Path(past.env["NEWSLEDGER_SOURCES"])
    right = sources.read_text()
    sources.write_text(f"{right}\n[[source]]\nid = ")
    a_mistake_fails_at_once(api, {}, f"{sources}: ")
    sources.write_text(right)
    assert api.wait_for_end(late).state == "failed"
    until(lambda: len(box.mails) == 3 or None)
    said = {"late": "late took too long and was ended in its task wait.", DAG: "failed in its task plan."}
    subjects = [str(mail["Subject"]) for mail in box.mails]
    assert sorted(subjects) == [f"{DAG} failed", f"{DAG} failed", "late failed"]
    for subject, mail in zip(subjects, box.mails, strict=True):
        text = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        dag_id = subject.removesuffix(" failed")
        assert said[dag_id] in text and f"{api.base}/dags/{dag_id}/runs/" in text
    (concern,) = re.findall("a run of .*", past.check())
    assert "late failed at" in concern and "took longer than 0:00:01 and was ended" in concern
    api.mark_as_success(late)


def told(box: Mailbox) -> Mapping[str, str]:
    """The environment in which failed runs are reported to the mailbox."""
    return {"NEWSLEDGER_NOTIFY": "smtp:desk@example.org", "AIRFLOW_CONN_SMTP_DEFAULT": box.connection}


def a_mistake_fails_at_once(api: AirflowApi, conf: Mapping[str, Any], line: str) -> None:
    run = api.wait_for_end(api.trigger(DAG, conf))
    assert run.state == "failed"
    started = [task for task in api.tasks(run) if task.start_date and task.state not in ("upstream_failed", "skipped")]
    assert [(task.task_id, task.state, task.try_number) for task in started] == [("plan", "failed", 1)]
    lines = [each["event"] for each in api.log(run, started[0]) if each.get("level") == "error"]
    assert line in lines[-1]
    assert "\n" not in lines[-1]


def a_killed_shard_is_tried_again(api: AirflowApi, past: Room) -> DagRun:
    """A run whose shard is killed when all of its sources but one are done. It is tried again a minute later."""
    (held, *others) = load_sources(Path(past.env["NEWSLEDGER_SOURCES"]))
    folder = Settings(data=past.data).host_folder
    with ExitStack() as stack:
        for host in held.hosts:
            stack.enter_context(FileLock(folder / f"{file_stem(canonical_host(host))}.lock"))
        run = api.trigger(DAG, {})

        def waiting() -> TaskInstance | None:
            for task in api.tasks(run):
                if task.task_id == "collect" and task.state == "running":
                    done = {line.get("source") for line in api.log(run, task)}
                    return task if {source.id for source in others} <= done else None
            return None

        task = until(waiting)
        assert task.pid is not None
        os.kill(task.pid, signal.SIGKILL)
    return run


def assert_polled_once(past: Room, run: DagRun) -> None:
    """What the killed task has polled was not polled again."""
    polls = past.news(
        f"select feed_url, count(*) from events.feed_polled where run_id = '{run.dag_run_id}' group by feed_url"
    )
    assert polls
    assert {count for _, count in polls} == {1}


def ended_runs(api: AirflowApi, days: Sequence[datetime], since: datetime) -> list[DagRun]:
    """The runs of these days that have started since then, when all have ended, in the order of the days."""

    def ended() -> list[DagRun] | None:
        found = started_runs(api, days, since)
        return found if len(found) == len(days) and all(run.has_ended for run in found) else None

    return until(ended)


def started_runs(api: AirflowApi, days: Sequence[datetime], since: datetime) -> list[DagRun]:
    """The runs of these days that have started since then, in the order of the days."""
    keys = [f"{day:%Y-%m-%d}" for day in days]
    found = [run for run in api.runs(DAG) if run.partition_key in keys and run.start_date and run.start_date >= since]
    return sorted(found, key=lambda run: run.partition_key or "")


def have_extracted(api: AirflowApi, days: Sequence[datetime], since: datetime) -> bool:
    """True if the runs of these days that have started since then are done with the step `extract`."""
    tasks = [task for run in started_runs(api, days, since) for task in api.tasks(run) if task.task_id == "extract"]
    return len(tasks) == len(days) and all(task.state == "success" for task in tasks)


def backfilled(past: Room, runs: Sequence[DagRun]) -> tuple[int, ...]:
    """How many articles these runs have recovered, replayed, left unchanged, and not got."""
    ids = ", ".join(f"'{run.dag_run_id}'" for run in runs)
    ((*counts,),) = past.news(
        "select sum(recovered), sum(replayed), sum(unchanged), sum(known + found - recovered - replayed - unchanged)"
        f" from backfills where run_id in ({ids})"
    )
    return tuple(map(int, counts))


def published(api: AirflowApi) -> list[Mapping[str, int]]:
    """The counts that came with each event of the asset, in order."""
    return [event["extra"] for event in api.get("assets/events", order_by="timestamp")["asset_events"]]


def read(past: Room) -> set[str]:
    return {canonical_url(url) for (url,) in past.news("select url from articles")}
