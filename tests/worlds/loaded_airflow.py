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

END_RUN = """
from airflow.dag_processing.dagbag import DagBag
from airflow.dag_processing.processor import _execute_dag_callbacks
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
import structlog
sys.modules.pop("dag_defaults", None)  # it reads the setting when it is imported
bag = DagBag(FOLDER)
sys.modules.pop("dag_defaults")
with create_session() as session:
    run = session.query(DagRun).filter_by(dag_id="ingest_daily").order_by(DagRun.id.desc()).first()
    run.partition_key = "2026-03-14"  # `dags test` runs for no day
    (failed,) = [task for task in run.get_task_instances(session=session) if task.task_id == "plan"]
    run.clear_number = int(REASON == "success")
    request = run.produce_dag_callback(
        bag.dags["ingest_daily"], success=REASON == "success", relevant_ti=failed, reason=REASON
    )
    _execute_dag_callbacks(bag, request, structlog.get_logger())
"""
"""Does as the scheduler and the DAG processor do when a run has failed, or has ended well after it was cleared."""


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
