"""The services of docker-compose.cluster.yml on machines that share nothing, and what fails in a cluster's life.

Two workers collect from the sample newsroom and some small outlets. One of them is killed while it collects, and its
disk is lost; the other one loses its network until PostgreSQL has given it up, and Redis is killed meanwhile. Two days
are backfilled; meanwhile PostgreSQL is killed, and the S3 server is slow, refuses reads, and refuses one upload until
its task gives up. In the end, everything that was published is there once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from msgspec import structs

from pipeline import postgres
from pipeline.canonical_urls import canonical_url
from pipeline.sources import Source, load_sources
from tests.benchmarks.airflow import outlets
from tests.e2e.airflow_api import AirflowApi, DagRun, TaskInstance, until
from tests.worlds.cluster import S3_PORT, SECRETS, Cluster
from tests.worlds.machines import GATEWAY, Gate, Machine, Network
from tests.worlds.room import Room, assert_nothing_is_doubled, of_all_events, room
from tests.worlds.s3 import S3Server, slow, slow_down

DAG = "ingest_daily"
SMALL_OUTLETS, PAGES = 7, 2
"""With the five of the newsroom, enough sources for two shards, one for each worker."""
BEGINNING = 10
"""Requests after which a worker has begun to collect, and has not finished."""
ONE_TASK_EACH = {"WORKERS": "2", "WORKER_CONCURRENCY": "1"}
"""So that each worker has a shard."""
SLOW_SECONDS = 2.0
REFUSALS = 8
"""As often as a request is tried: one upload is given up, and its task is tried again."""
REFUSED_READS = 5
"""Too few for a task to give up."""
REFUSED = ("SlowDown", "503")
"""What the log of a task has that gave up, by boto3 or by DuckDB."""
NOTICED_SECONDS = 60.0
"""The servers notice after about 30 seconds that a machine has lost its network."""
FORBIDDEN = "/members/"
"""What the newsroom's robots.txt forbids."""
QUICKER = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}
"""How soon Airflow notices that a worker is dead: after five minutes by default."""


@pytest.fixture
def past(network: Network, tmp_path: Path) -> Iterator[Room]:
    """The newsroom and the small outlets, on this host's loopback."""
    with room(tmp_path) as opened, outlets(SMALL_OUTLETS, PAGES, tmp_path / "small") as small:
        sources = Path(opened.env["NEWSLEDGER_SOURCES"])
        sources.write_text(sources.read_text() + Path(small["NEWSLEDGER_SOURCES"]).read_text())
        yield opened


@pytest.fixture
def cluster(network: Network, past: Room, tmp_path: Path) -> Iterator[Cluster]:
    settings = {
        name: value for name, value in past.env.items() if name not in ("NEWSLEDGER_DATA", "NEWSLEDGER_SOURCES")
    }
    sources = Path(past.env["NEWSLEDGER_SOURCES"])
    made = Cluster(network, tmp_path / "cluster", SECRETS | ONE_TASK_EACH | settings, sources, QUICKER)
    try:
        yield made
    finally:
        made.switch_off()


@pytest.fixture
def s3(network: Network) -> Iterator[S3Server]:
    with S3Server.running(GATEWAY, S3_PORT) as server:
        yield server


def test_nothing_is_lost_or_doubled_whatever_fails(cluster: Cluster, past: Room, s3: S3Server) -> None:
    first, second, third = (past.first_day + timedelta(days=day) for day in range(3))
    offered = {canonical_url(edition.url) for edition in past.newsroom.editions() if FORBIDDEN not in edition.url}
    published = offered | small_pages(past)
    workers = cluster.names("worker")
    gates = [Gate(cluster.switch_on(name), outlet_ports(past)) for name in workers]
    for gate in gates:
        gate.shut_after(BEGINNING)

    cluster.start_all()
    api = AirflowApi(f"http://{cluster.machines['api-server'].address}:8080", SECRETS["ADMIN_PASSWORD"])
    until(lambda: all(gate.is_shut for gate in gates) or None)
    cluster.lose(workers[0])
    cluster.start(workers[0])
    cut_off = cluster.machines[workers[1]]
    cut_off.disconnect()
    for gate in gates:
        gate.open()
    cluster.machines["redis"].stop()
    cluster.start("redis")
    until(lambda: not sessions_of(cut_off, cluster) or None, NOTICED_SECONDS)
    cut_off.connect()
    until(lambda: some_task(api, "scheduled", "extract"))

    for gate in gates:
        gate.shut_after(BEGINNING)
    api.backfill(DAG, first, second, at_once=2)
    until(lambda: any(gate.is_shut for gate in gates) or None)
    cluster.machines["postgres"].stop()
    cluster.start("postgres")
    for gate in gates:
        gate.open()
    s3.fail(is_upload, slow(SLOW_SECONDS), 10)
    s3.fail(is_read, slow_down, REFUSED_READS)
    until(lambda: some_task(api, "backfill", "extract"))
    s3.fail(of_one_object(), slow_down, REFUSALS)

    days = [f"{day:%Y-%m-%d}" for day in (first, second, third)]
    runs = of_days(days, api.wait_for(lambda runs: have_ended(of_days(days, runs), len(days))))
    assert [(run.run_type, run.state) for run in runs] == [*[("backfill", "success")] * 2, ("scheduled", "success")]
    assert 2 in {task.try_number for task in api.tasks(runs[-1]) if task.task_id == "collect"}
    hosts = {task.hostname for run in runs for task in api.tasks(run) if task.hostname}
    assert hosts == set(workers)

    def news(sql: str) -> list[tuple[Any, ...]]:
        done = cluster.run(workers[0], ["newsledger", "sql", sql, "--format", "jsonl"])
        assert done.returncode == 0, done.stderr
        return [tuple(json.loads(line).values()) for line in done.stdout.splitlines()]

    assert s3.faults_left == 0
    assert gave_up(api), "the task whose upload was refused was tried again"
    assert {canonical_url(url) for (url,) in news("select url from articles")} == published
    assert_nothing_is_doubled(news)
    assert_positions_have_no_gap(news)
    done = cluster.run(workers[0], ["newsledger", "verify", "--archive"])
    assert done.returncode == 0, done.stdout + done.stderr


def is_upload(method: str, path: str) -> bool:
    return method in ("PUT", "POST")


def is_read(method: str, path: str) -> bool:
    return method == "GET" and path.endswith((".parquet", ".gz"))


def of_one_object() -> Callable[[str, str], bool]:
    """Accepts the uploads of the object that is uploaded first."""
    chosen: list[str] = []

    def applies(method: str, path: str) -> bool:
        if not is_upload(method, path):
            return False
        chosen[:] = chosen or [path]
        return chosen == [path]

    return applies


def gave_up(api: AirflowApi) -> bool:
    """True if a task was tried again after a try that the S3 server had refused."""
    tries = (
        api.log(run, structs.replace(task, try_number=number))
        for run in api.runs()
        for task in api.tasks(run)
        for number in range(1, task.try_number)
    )
    return any(word in json.dumps(lines) for lines in tries for word in REFUSED)


def sessions_of(machine: Machine, cluster: Cluster) -> bool:
    """True while PostgreSQL has sessions of this machine, with all their locks."""
    conninfo = cluster.ledger_conninfo()
    with postgres.connect(conninfo) as session:
        found = session.execute("select from pg_stat_activity where client_addr = %s", [machine.address])
        return bool(found.fetchall())


def small_pages(past: Room) -> set[str]:
    """The addresses of the small outlets' pages."""
    feeds = [feed for source in sources_of(past) if source.id.startswith("outlet-") for feed in source.feeds]
    assert len(feeds) == SMALL_OUTLETS
    return {canonical_url(urljoin(feed, str(page))) for feed in feeds for page in range(PAGES)}


def outlet_ports(past: Room) -> list[int]:
    """All ports of this host's loopback that the machines ask."""
    addresses = [past.env["NEWSLEDGER_WAYBACK_URL"], *(source.feeds[0] for source in sources_of(past))]
    return sorted({port for address in addresses if (port := urlsplit(address).port)})


def sources_of(past: Room) -> tuple[Source, ...]:
    return load_sources(Path(past.env["NEWSLEDGER_SOURCES"]))


def of_days(days: Sequence[str], runs: Sequence[DagRun]) -> list[DagRun]:
    """The runs of `ingest_daily` for these days, in order. There is one more if the test runs over midnight."""
    found = [run for run in runs if run.dag_id == DAG and run.partition_key in days]
    return sorted(found, key=lambda run: run.partition_key or "")


def have_ended(runs: Sequence[DagRun], count: int) -> bool:
    return len(runs) == count and all(run.has_ended for run in runs)


def some_task(api: AirflowApi, run_type: str, task_id: str) -> TaskInstance | None:
    """A task of this name that runs in a run of this type, or has run."""
    tasks = [task for run in api.runs(DAG) if run.run_type == run_type for task in api.tasks(run)]
    return next((task for task in tasks if task.task_id == task_id and task.state in ("running", "success")), None)


def assert_positions_have_no_gap(news: Callable[[str], list[tuple[Any, ...]]]) -> None:
    ((count, first, last, head),) = news(
        "select count(distinct position), min(position), max(position), any_value(head_position)"
        f" from ({of_all_events(news, 'position')}), build_info"
    )
    assert (count, first, last) == (head, 1, head)
