"""A process that has imported Airflow, for tests that would otherwise import it for each command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT_ROOT

COMMAND = Path(sys.executable).with_name("airflow")

_SERVE = """
import json, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    request = json.loads(line)
    os.environ.update(request["env"])
    with open(request["log"], "w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    status = 0
    try:
        exec(request["code"])
    except SystemExit as exc:
        status = 0 if exc.code in (None, 0) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    print(status, file=answers, flush=True)
"""
"""Reads requests and runs each: importing Airflow takes longer than what most of them ask for."""

_EVENTS = """
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
with create_session() as session:
    print(json.dumps([[event.partition_key, event.extra["articles"]] for event in session.query(AssetEvent)]))
"""

LOAD = """
import json, sys
import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.utils.types import DagRunType

midnight = pendulum.datetime(2026, 3, 15)

def run_id(timetable, run_type, logical_date=None, **key):
    given = logical_date and timetable.infer_manual_data_interval(run_after=logical_date)
    return timetable.generate_run_id(run_type=run_type, run_after=midnight, data_interval=given, **key)[:-8]

def refused_date(timetable):
    try:
        timetable.infer_manual_data_interval(run_after=pendulum.datetime(9000, 3, 14, 15, 9))
    except ValueError as exc:
        return str(exc)

sys.path.append(FOLDER)  # as Airflow does
bag = DagBag(FOLDER)
dag = bag.dags["ingest_daily"]
times = {each.dag_id: decode_timetable(encode_timetable(each.timetable)) for each in bag.dags.values()}
print(json.dumps({
    "dags": sorted(bag.dags),
    "errors": bag.import_errors,
    "warnings": [str(warning) for warnings in bag.captured_warnings.values() for warning in warnings],
    "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
    "pools": {task.task_id: task.pool for dag in bag.dags.values() for task in dag.tasks},
    "catchup": dag.catchup,
    "runs at once": {each.dag_id: each.max_active_runs for each in bag.dags.values()},
    "schedules": {each.dag_id: times[each.dag_id].summary for each in bag.dags.values()},
    "refused": refused_date(times["ingest_daily"]),
    "run ids": [
        run_id(times["ingest_daily"], DagRunType.SCHEDULED, partition_key="2026-03-14"),
        run_id(times["ingest_daily"], DagRunType.MANUAL),
        run_id(times["ingest_daily"], DagRunType.MANUAL, pendulum.datetime(2026, 3, 10, 22, tz="America/New_York")),
        run_id(times["ingest_daily"], DagRunType.MANUAL, midnight),  # as `airflow dags trigger` does
    ],
    "offered": dag.params.get_param("sources").schema.get("examples"),
    "unexplained": [
        dag.dag_id for dag in bag.dags.values() if len(dag.doc_md.splitlines()) < 5 or not dag.description
    ],
    "sources": dag.params.get_param("sources").schema["type"],  # the form marks what may not be null as required
    "accepted": [  # `plan` says in one line what is wrong, Airflow in the words of a JSON schema
        dag.params.get_param("sources").resolve(["North", "North"]),
        *(dag.params.get_param(name).resolve(None) for name in ("sources", "recover", "replay")),
    ],
    "careless": [
        f"{dag.dag_id}.{task.task_id}" for dag in bag.dags.values() for task in dag.tasks
        if not (task.execution_timeout and task.on_failure_callback and task.owner == "newsledger")
        or not (dag.dagrun_timeout and dag.tags and dag.has_on_success_callback)
        or (task.retries and not task.retry_exponential_backoff) or not (task.retries or task.task_id == "verdict")
        or task.is_mapped and not task.map_index_template  # by the label, a person finds a source
        or task.start_date and task.start_date.year > 1970  # a run with an earlier logical date would have no task
        or not task.doc_md  # its docstring, on the page of the task
        or task.multiple_outputs  # a request to the API server for each source or count
    ],
}))
"""
"""Prints what the DAGs in FOLDER are, as JSON in the last line."""

END_RUN = """
from airflow.dag_processing.dagbag import DagBag
from airflow.dag_processing.processor import _execute_dag_callbacks
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
import structlog
sys.modules.pop("newsledger_defaults", None)  # it reads the setting when it is imported
bag = DagBag(FOLDER)
sys.modules.pop("newsledger_defaults")
with create_session() as session:
    run = session.query(DagRun).filter_by(dag_id="ingest_daily").order_by(DagRun.id.desc()).first()
    run.partition_key = "2026-03-14"  # `dags test` runs for no day
    (failed,) = [task for task in run.get_task_instances(session=session) if task.task_id == "plan"]
    for reason in ("task_failure", "timed_out", "success"):
        run.clear_number = int(reason == "success")
        request = run.produce_dag_callback(
            bag.dags["ingest_daily"], success=reason == "success", relevant_ti=failed, reason=reason
        )
        _execute_dag_callbacks(bag, request, structlog.get_logger())
"""
"""Does as the scheduler and the DAG processor do when a run has failed, has taken too long, and has ended well after it
was cleared."""


class Airflow:
    """A process that has imported Airflow, with our DAGs and that of a test."""

    def __init__(self, home: Path, dag: str) -> None:
        self._log = home / "log.txt"
        dags = home / "dags"
        shutil.copytree(PROJECT_ROOT / "dags", dags)
        (dags / "own.py").write_text(dag)
        environment = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The exit status of this code, and what it printed."""
        assert self._process.stdin and self._process.stdout
        request = {"code": code, "env": {**(env or {})}, "log": str(self._log)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        status = self._process.stdout.readline()
        return int(status), self._log.read_text()

    def command(self, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The exit status of `airflow ARGUMENTS`, and what it printed."""
        code = f"from airflow.__main__ import main; sys.argv = {['airflow', *arguments]!r}; main()"
        return self.run(code, env)

    def asset_events(self) -> list[list[Any]]:
        """Partition key and number of articles of each event of the asset."""
        _, printed = self.run(_EVENTS)
        found: list[list[Any]] = json.loads(printed.splitlines()[-1])
        return found

    def close(self) -> None:
        self._process.communicate()
