"""The DAGs in a real Airflow load clean and do what the command does. What a whole installation does: tests/e2e."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from pipeline.ledger import Ledger, Run
from pipeline.settings import PROJECT_ROOT
from tests.conftest import item
from tests.worlds.loopback import WebServer
from tests.worlds.running import articles, entry, newsledger, rows

AIRFLOW = Path(sys.executable).with_name("airflow")

pytestmark = pytest.mark.skipif(not AIRFLOW.exists(), reason="newsledger[airflow] is not installed")


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of an Airflow with a database, our DAGs and nothing else."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    subprocess.run([AIRFLOW, "db", "migrate"], env=environment, check=True, capture_output=True)
    return environment


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[Path]:
    """A sources.toml with two small outlets that are up."""
    with WebServer() as north, WebServer() as south:
        sources = tmp_path / "sources.toml"
        sources.write_text(entry("north", north.base) + entry("south", south.base))
        for web in (north, south):
            web.feed("/feed.xml", ("/a", "First story"), ("/b", "Second story"))
            for path in ("/a", "/b"):
                web.page(path, f"Story {path}", *(f"Sentence {n} of a story about the harbour." for n in range(9)))
        yield sources


LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dag = bag.dags["ingest_daily"]
print(json.dumps({
    "dags": sorted(bag.dags),
    "errors": bag.import_errors,
    "warnings": [str(warning) for warnings in bag.captured_warnings.values() for warning in warnings],
    "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
    "pools": {task.task_id: task.pool for task in dag.tasks},
    "catchup": dag.catchup,
    "unexplained": [dag.dag_id for dag in bag.dags.values() if len(dag.doc_md.splitlines()) < 5],
    "careless": [
        f"{dag.dag_id}.{task.task_id}" for dag in bag.dags.values() for task in dag.tasks
        if not (task.execution_timeout and task.on_failure_callback)
        or task.retries and not task.retry_exponential_backoff
    ],
}))
"""


def test_the_dags_load_without_errors_or_warnings(airflow_home: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, PROJECT_ROOT / "dags"],
        env=dict(airflow_home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    bag = json.loads(done.stdout.splitlines()[-1])
    assert (bag["errors"], bag["warnings"]) == ({}, [])
    assert bag["dags"] == ["ingest_daily", "maintain_weekly", "poll_hourly"]
    assert (bag["unexplained"], bag["careless"]) == ([], [])
    assert bag["tasks"] == {
        "plan": ["collect"],
        "collect": ["extract", "verdict"],
        "extract": ["annotate", "verdict"],
        "annotate": ["build_models", "verdict"],
        "build_models": ["publish"],
        "publish": ["sum_up", "verdict"],
        "sum_up": ["verdict"],
        "verdict": [],
    }
    assert bag["pools"]["build_models"] == "newsledger_models"
    assert bag["catchup"] is False


def test_the_hourly_run_polls_and_captures_what_is_due_and_nothing_else(
    airflow_home: Mapping[str, str], outlets: Path, tmp_path: Path
) -> None:
    environment = {
        **airflow_home,
        "NEWSLEDGER_SOURCES": str(outlets),
        "NEWSLEDGER_DATA": str(tmp_path / "hourly"),
        "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1",
    }
    for _ in range(2):
        done = subprocess.run(
            [AIRFLOW, "dags", "test", "poll_hourly"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with Ledger.open_existing(tmp_path / "hourly" / "ledger.sqlite") as ledger:
        (polls,) = ledger.table("select count(*) as polls from ledger.feed_polled").to_pylist()
        (pages,) = ledger.table("select count(*) as pages from ledger.article_captured").to_pylist()
    assert polls == {"polls": 2}, "the second run found nothing due"
    assert pages == {"pages": 4}
    assert not (tmp_path / "hourly" / "news.duckdb").exists()


def test_the_weekly_run_merges_and_verifies(airflow_home: Mapping[str, str], tmp_path: Path, run: Run) -> None:
    data = tmp_path / "weekly"
    with Ledger.open(data / "ledger.sqlite") as ledger:
        for n in range(5):
            ledger.append([item(f"{n}")], run)
    environment = {**airflow_home, "NEWSLEDGER_DATA": str(data)}
    done = subprocess.run(
        [AIRFLOW, "dags", "test", "maintain_weekly"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        assert ledger.table("select 1 from ducklake_list_files('ledger', 'item_discovered')").num_rows == 1


FAILING = """
from datetime import UTC, datetime
from airflow.sdk import dag, task
from pipeline.orchestrate import record_failure

@dag(start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None, default_args={"on_failure_callback": record_failure})
def failing():
    @task(map_index_template="{{ task.op_kwargs['source_id'] }}")
    def collect(source_id):
        if source_id == "south":
            raise RuntimeError("the disk is full\\nof leaves")

    collect.expand(source_id=["north", "south"])

failing()
"""


@pytest.mark.parametrize("usable", [True, False])
def test_a_failed_task_is_recorded_where_it_can_be_and_shows_its_own_error(
    airflow_home: Mapping[str, str], tmp_path: Path, usable: bool
) -> None:
    dags, data = tmp_path / "dags", tmp_path / "data"
    dags.mkdir()
    (dags / "failing.py").write_text(FAILING)
    if not usable:
        data.write_text("a file where the folder should be")
    environment = {**airflow_home, "AIRFLOW__CORE__DAGS_FOLDER": str(dags), "NEWSLEDGER_DATA": str(data)}
    done = subprocess.run(
        [AIRFLOW, "dags", "test", "failing"], env=environment, capture_output=True, text=True, check=False
    )
    assert "RuntimeError: the disk is full" in done.stdout + done.stderr
    if not usable:
        assert "failure_not_recorded" in done.stdout + done.stderr
        return
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        (failure,) = ledger.table("select * from ledger.run_failed").to_pylist()
    assert (failure["dag_id"], failure["task_id"], failure["map_index"]) == ("failing", "collect", 1)
    assert (failure["label"], failure["try_number"]) == ("south", 1)
    assert failure["error"] == "RuntimeError: the disk is full of leaves"
    assert failure["run_id"].startswith("manual__")


def test_a_run_in_airflow_does_what_the_command_does(
    airflow_home: Mapping[str, str], outlets: Path, tmp_path: Path
) -> None:
    by_airflow = {
        **airflow_home,
        "NEWSLEDGER_SOURCES": str(outlets),
        "NEWSLEDGER_DATA": str(tmp_path / "airflow"),
        "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1",
    }
    done = subprocess.run(
        [AIRFLOW, "dags", "test", "ingest_daily"],
        env=by_airflow,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    command = newsledger(
        "ingest", "--sources", outlets, "--data", tmp_path / "command", env={"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"}
    )
    assert command.returncode == 0
    assert len(articles(tmp_path / "command")) == 4
    assert articles(tmp_path / "airflow") == articles(tmp_path / "command")

    with duckdb.connect(tmp_path / "airflow" / "news.duckdb", read_only=True) as con:
        ((run_id,),) = rows(con, "select distinct run_id from events.feed_polled")
    assert run_id.startswith("manual__")
