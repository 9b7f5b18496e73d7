"""A component of `newsledger airflow` in its environment, seen in one process, because importing Airflow takes long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Settings
from pipeline.standalone import airflow_environment
from tests.worlds.loaded_airflow import COMMAND

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not COMMAND.exists(), reason="newsledger[airflow] is not installed"),
]

LOOK = """
import json, os, sys
from types import SimpleNamespace
from airflow.listeners.listener import get_listener_manager

get_listener_manager().hook.on_starting(component=None)
found = {"threads": len(os.listdir("/proc/self/task")), "modules": [*sys.modules]}

from airflow import settings
from airflow.sdk.api.client import get_hostname as hostname_of_tasks
from airflow.utils.log.file_task_handler import FileTaskHandler
from airflow.utils.net import get_hostname

with settings.engine.connect() as connection:
    found["driver"] = type(connection.connection.driver_connection).__module__
    found["waits"] = connection.exec_driver_sql("pragma busy_timeout").scalar_one(), settings._get_connect_args("async")
    found["database"] = connection.exec_driver_sql("pragma database_list").one()[2]
assert get_hostname() == hostname_of_tasks()
task = SimpleNamespace(hostname=get_hostname(), triggerer_job=None, task=None)
found["served log"] = FileTaskHandler("logs")._read_from_logs_server(task, "attempt=1.log")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name Airflow would read as an encoded one, and as a placeholder."""
    return tmp_path_factory.mktemp("data") / "p%20 %(x)s" / "airflow"


@pytest.fixture(scope="module")
def found(home: Path) -> dict[str, Any]:
    environment = os.environ | airflow_environment(Settings(data=home.parent), port=8080)
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_the_scheduler_loads_libraries_for_its_tasks_but_starts_no_thread(found: dict[str, Any]) -> None:
    assert found["threads"] == 1
    loaded = {*found["modules"]}
    assert {"numpy", "aiohttp", "trafilatura", "newsledger_timetable"} <= loaded
    assert {"pipeline.orchestrate", "duckdb", "pyarrow"} & loaded == set()


def test_airflow_s_own_database_is_in_its_folder_and_waits_for_others(found: dict[str, Any], home: Path) -> None:
    assert found["driver"] == "pipeline.airflow_database"
    assert found["waits"] == [60_000, {"timeout": 60}]
    assert found["database"] == str(home / "airflow.db")


def test_the_log_of_a_running_task_is_read_without_asking_a_server_that_does_not_run(found: dict[str, Any]) -> None:
    """Airflow reads the file, and asks the task's host for the same lines. There, nothing listens."""
    ((line,), streams) = found["served log"]
    assert "Hostname not available" in line and streams == []
