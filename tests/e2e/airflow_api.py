"""Airflow's REST API, as far as tests and benchmarks use it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import pytest

T = TypeVar("T")

RUN_SECONDS = 1200.0
_POLL_SECONDS = 1.0
_TRIES = 5
LOCKED = (500, 503)
"""What an Airflow on SQLite answers, having done nothing, if a task happens to start: its database is locked."""


class DagRun(msgspec.Struct, frozen=True):
    dag_id: str
    dag_run_id: str
    run_type: str
    state: str
    partition_key: str | None
    """The day that a run of `ingest_daily` is about."""
    conf: Mapping[str, Any]
    start_date: datetime | None = None
    end_date: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ("success", "failed")

    @property
    def seconds(self) -> float:
        assert self.start_date is not None and self.end_date is not None
        return (self.end_date - self.start_date).total_seconds()


class TaskInstance(msgspec.Struct, frozen=True):
    task_id: str
    state: str | None
    try_number: int
    map_index: int
    rendered_map_index: str | None = None
    start_date: datetime | None = None
    pid: int | None = None
    hostname: str | None = None


class AirflowApi:
    """The API of the Airflow at this address."""

    def __init__(self, base: str, password: str) -> None:
        self.base = base
        self.password = password

    def runs(self, dag_id: str = "~") -> list[DagRun]:
        """The runs of this DAG, or of all."""
        return msgspec.convert(self.get(f"dags/{dag_id}/dagRuns", limit=100)["dag_runs"], list[DagRun])

    def tasks(self, run: DagRun) -> list[TaskInstance]:
        found = self.get(f"{_path(run)}/taskInstances", limit=100)["task_instances"]
        return msgspec.convert(found, list[TaskInstance])

    def log(self, run: DagRun, task: TaskInstance) -> list[Mapping[str, Any]]:
        """The lines of the task's last try."""
        path = f"{_path(run)}/taskInstances/{task.task_id}/logs/{task.try_number}"
        content: list[Mapping[str, Any]] = self.get(path, map_index=task.map_index)["content"]
        return content

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> DagRun:
        body = {"logical_date": None, "conf": conf}
        return msgspec.convert(self._ask(f"/api/v2/dags/{dag_id}/dagRuns", body, self._token), DagRun)

    def backfill(self, dag_id: str, first: datetime, last: datetime, *, at_once: int) -> None:
        """Run the days from `first` to `last` that have no run yet."""
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "max_active_runs": at_once,
        }
        self._ask("/api/v2/backfills", body, self._token)

    def clear(self, run: DagRun) -> None:
        """All tasks of the run are done once more."""
        self._ask(f"/api/v2/{_path(run)}/clear", {"dry_run": False}, self._token)

    def mark_as_success(self, run: DagRun) -> None:
        self._ask(f"/api/v2/{_path(run)}", {"state": "success"}, self._token, method="PATCH")

    def pause(self, dag_id: str) -> None:
        self._ask(f"/api/v2/dags/{dag_id}", {"is_paused": True}, self._token, method="PATCH")

    def wait_for(
        self, is_wanted: Callable[[Sequence[DagRun]], bool], dag_id: str = "~", seconds: float = RUN_SECONDS
    ) -> list[DagRun]:
        """The runs, as soon as they are as wanted."""

        def found() -> list[DagRun] | None:
            runs = self.runs(dag_id)
            return runs if is_wanted(runs) else None

        return until(found, seconds)

    def wait_for_end(self, run: DagRun, seconds: float = RUN_SECONDS, every: float = _POLL_SECONDS) -> DagRun:
        def found() -> DagRun | None:
            now = next(each for each in self.runs(run.dag_id) if each.dag_run_id == run.dag_run_id)
            return now if now.has_ended else None

        return until(found, seconds, every)

    def wait_for_backfills(self, dag_id: str) -> None:
        """Airflow has one at a time of a DAG, and notices within half a minute that all runs of one have ended."""

        def have_ended() -> bool | None:
            return all(each["completed_at"] for each in self.get("backfills", dag_id=dag_id)["backfills"]) or None

        until(have_ended)

    def get(self, path: str, **parameters: object) -> Any:
        return self._ask(f"/api/v2/{path}?{urlencode(parameters)}", token=self._token)

    @cached_property
    def _token(self) -> str:
        token: str = self._ask("/auth/token", {"username": "admin", "password": self.password})["access_token"]
        return token

    def _ask(self, path: str, body: object = None, token: str | None = None, method: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        tries = 0
        while True:
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as exc:
                tries += 1
                if exc.code not in LOCKED or tries == _TRIES:
                    raise
            time.sleep(_POLL_SECONDS)


def until(find: Callable[[], T | None], seconds: float = RUN_SECONDS, every: float = _POLL_SECONDS) -> T:
    """What `find` returns, as soon as it is not None. Fails if it still is after so many seconds."""
    deadline = time.monotonic() + seconds
    while (found := find()) is None:
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} seconds in vain")
        time.sleep(every)
    return found


def _path(run: DagRun) -> str:
    return f"dags/{run.dag_id}/dagRuns/{quote(run.dag_run_id, safe='')}"
