"""A local Airflow with our DAGs: its environment, start and stop. Stopping ends all of its processes."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipeline import airflow_database
from pipeline.errors import SettingsError
from pipeline.settings import PROJECT_ROOT, Settings

MODELS_POOL = "newsledger_models"
"""Pool with one slot, so that one model build runs at a time."""
START_SECONDS = 240
"""Time limit for Airflow to become healthy; the first start also creates its database."""
STOP_SECONDS = 30
"""Time between SIGTERM and SIGKILL."""

COMMON_ENVIRONMENT: Mapping[str, str] = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
}
"""Settings that are the same in every installation; a test compares docker-compose.yml with them."""


def airflow_environment(settings: Settings, port: int) -> dict[str, str]:
    """Environment of an Airflow that stores its files in DATA/airflow and listens on loopback."""
    home = settings.data / "airflow"
    return {
        **COMMON_ENVIRONMENT,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": f"{airflow_database.__name__}.CONNECT_ARGS",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home / "jwt_secret"),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
        "NEWSLEDGER_DATA": str(settings.data),
        "NEWSLEDGER_SOURCES": str(settings.sources),
    }


def models_pool_command() -> list[str]:
    """The command that creates the pool of the model build."""
    return ["airflow", "pools", "set", MODELS_POOL, "1", "One model build at a time"]


@contextmanager
def standalone(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start Airflow and wait until it is healthy; its log is DATA/airflow/standalone.log.

    Raises SettingsError if it does not start.
    """
    airflow = _airflow_command()
    # `airflow standalone` starts further `airflow` commands, which it finds by PATH
    path = f"{Path(airflow).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | airflow_environment(settings, port) | {"PATH": path}
    log_path = settings.data / "airflow" / "standalone.log"
    with log_path.open("ab") as log:
        for command in (["airflow", "db", "migrate"], models_pool_command()):
            done = subprocess.run([airflow, *command[1:]], env=environment, stdout=log, stderr=log, check=False)
            if done.returncode:
                raise SettingsError(f"`{' '.join(command)}` failed; see {log_path}")
        process = subprocess.Popen(
            [airflow, "standalone"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait_until_healthy(process, port, log_path)
            yield process
        finally:
            stop(process)


def admin_password(settings: Settings) -> str:
    """The password of user `admin`; the first call creates it."""
    path = settings.data / "airflow" / "passwords.json"
    if not path.is_file():
        _write_private(path, json.dumps({"admin": secrets.token_urlsafe(12)}))
    password = json.loads(path.read_text())["admin"]
    assert isinstance(password, str)
    return password


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the process and all its descendants, including those that have left its process group."""
    family = _family(process.pid)
    _signal_group(process.pid, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for member in alive:
        member.kill()
    _signal_group(process.pid, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log_path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SettingsError(f"airflow standalone stopped with status {process.returncode}; see {log_path}")
        if _healthy(port):
            return
        time.sleep(1)
    raise SettingsError(f"airflow standalone was not healthy after {START_SECONDS} s; see {log_path}")


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            parts = json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return False
    return all(
        parts.get(name, {}).get("status") == "healthy" for name in ("metadatabase", "scheduler", "dag_processor")
    )


def _airflow_command() -> str:
    beside = Path(sys.executable).with_name("airflow")
    found = str(beside) if beside.is_file() else shutil.which("airflow")
    if found is None:
        raise SettingsError("Airflow is not installed; install requirements.lock, or newsledger[airflow]")
    return found


def _secret(path: Path) -> str:
    if not path.is_file():
        _write_private(path, secrets.token_hex(64))
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
