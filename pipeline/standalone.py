"""A local Airflow with our DAGs: its environment, start and stop. Stopping ends all of its processes.

We start the components ourselves instead of `airflow standalone`, for two reasons. The scheduler starts when the API
server answers, because a task that cannot reach it fails. And nothing listens but the API server: the servers of log
files, which listen on all interfaces, are of use only if tasks run on other machines.
"""

from __future__ import annotations

import ctypes
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from importlib import metadata
from pathlib import Path

import psutil
import structlog

from pipeline import airflow_database
from pipeline.errors import SettingsError
from pipeline.models_pool import POOL
from pipeline.settings import PROJECT_ROOT, Settings

log = structlog.get_logger()

START_SECONDS = 900
"""Time limit for each answer that a start waits for: of the API for tasks, of health, of the scheduler. The first start
also creates the database. On a busy machine, one answer took more than 200 seconds."""
REPORT_SECONDS = 10.0
"""Time between two lines that say what is still waited for."""
STOP_SECONDS = 30
"""Time between SIGTERM and SIGKILL."""
SOON_KILLED: Mapping[str, float] = {"api-server": 3, "triggerer": 3}
"""The same for these: the API server of Airflow 3.3.2 closes everything, then hangs in the interpreter's shutdown; the
triggerer waits for ten seconds, even without a trigger."""
_POLL_SECONDS = 0.5
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that stop Airflow. The last one comes when the terminal is closed."""
_IF_ABANDONED: Mapping[str, signal.Signals] = {"api-server": signal.SIGKILL}
"""The signal that a component gets if this process is killed. It is SIGTERM for the others, which then end their own
processes; the API server would hang."""
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: ask for a signal when the parent dies."""

COMMON_ENVIRONMENT: Mapping[str, str] = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    # On a busy machine the API server may need more than the default of 5 seconds; a task whose start it does not
    # confirm in time fails.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    # Each reading of a DAG's file is a process. A change of a file is noticed within this time.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    # The scheduler loads numpy for its tasks, which are forks of it; so numpy must start no threads.
    "OPENBLAS_NUM_THREADS": "1",
}
"""Settings that are the same in every installation; a test compares docker-compose.yml with them."""


def airflow_environment(settings: Settings, port: int) -> dict[str, str]:
    """Environment of an Airflow that stores its files in DATA/airflow and listens on loopback."""
    home = settings.data / "airflow"
    return {
        **COMMON_ENVIRONMENT,
        "AIRFLOW_HOME": str(home),
        # Airflow's defaults for these replace the percent signs of AIRFLOW_HOME; an address has them encoded.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db".replace("%", "%25"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": f"{airflow_database.__name__}.CONNECT_ARGS",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": f"{airflow_database.__name__}.ASYNC_CONNECT_ARGS",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        # The API server asks the host of a running task for its log, too; the file that it reads itself has all of it.
        # So tasks name no host: `str()` is empty. Nothing would answer, and each look at such a log would be an error.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "builtins.str",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home / "jwt_secret"),
        "NEWSLEDGER_DATA": str(settings.data),
        "NEWSLEDGER_SOURCES": str(settings.sources),
    }


class Airflow:
    """The running components of a local Airflow. They share a process group; the first one is its leader."""

    def __init__(self, environment: Mapping[str, str], log_path: Path, lock: int | None = None) -> None:
        """`lock` is the descriptor of a lock that is held as long as one of the components runs."""
        self._airflow = _airflow_command()
        # components start further `airflow` commands, which they find by PATH
        path = f"{Path(self._airflow).parent}{os.pathsep}{environment.get('PATH', '')}"
        self._environment = {**environment, "PATH": path}
        self._log_path = log_path
        self._inherited = () if lock is None else (lock,)
        self._components: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *command: str) -> None:
        """Run `airflow COMMAND` to its end. Raises SettingsError if it fails."""
        self.start(*command)
        status = self._components[command[0]].wait()
        del self._components[command[0]]
        if status:
            raise SettingsError(f"`airflow {' '.join(command)}` failed; see {self._log_path}")

    def migrate_database(self, home: Path) -> None:
        """Make Airflow's database in this folder, or migrate it unless this version of Airflow has done so.

        The version is kept in a file, because Airflow takes three CPU seconds to find that there is nothing to do.
        """
        migrated_by = home / "migrated_by"
        version = next((found.version for found in metadata.distributions(name="apache-airflow-core")), None)
        if (home / "airflow.db").is_file() and migrated_by.is_file() and migrated_by.read_text("utf-8") == version:
            return
        log.info("airflow_database", doing="migrate", path=str(home / "airflow.db"))
        self.run("db", "migrate")
        migrated_by.write_text(version or "", "utf-8")

    def start(self, *command: str) -> None:
        """Start the component `airflow COMMAND`. On Linux, it ends if this process is killed."""
        libc, number = ctypes.CDLL(None), _IF_ABANDONED.get(command[0], signal.SIGTERM)
        with self._log_path.open("ab") as log, _interrupts_wait():
            self._components[command[0]] = subprocess.Popen(
                [self._airflow, *command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=self._leader or 0,
                pass_fds=self._inherited,
                preexec_fn=(lambda: libc.prctl(_PR_SET_PDEATHSIG, number)) if sys.platform == "linux" else None,
            )

    def wait_until(self, is_ready: Callable[[], bool], what: str, report_seconds: float = REPORT_SECONDS) -> None:
        """Wait until `what` is ready, and log that it is not yet, every `report_seconds`.

        Raises SettingsError if a component stops, or after `START_SECONDS`.
        """
        begun = reported = time.monotonic()
        deadline = begun + START_SECONDS
        while not is_ready():
            if (now := time.monotonic()) >= reported + report_seconds:
                reported = now
                log.info("airflow_is_starting", waiting_for=what, seconds=round(now - begun), at_most=START_SECONDS)
            self._require_running()
            if time.monotonic() > deadline:
                raise SettingsError(f"Airflow was not healthy after {START_SECONDS} s; see {self._log_path}")
            time.sleep(_POLL_SECONDS)

    def wait(self) -> None:
        """Wait while all components run. None ends by itself, so this ends with a SettingsError or an interrupt."""
        while True:
            self._require_running()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop all components and their descendants, including those that have left the process group.

        The API server is the last one, because tasks that are stopped report to it.
        """
        if self._leader is None:
            return
        for name, process in reversed(self._components.items()):
            _stop_family(process.pid, SOON_KILLED.get(name, STOP_SECONDS))
        _signal_group(self._leader, signal.SIGKILL)
        for process in self._components.values():
            process.wait()

    @property
    def _leader(self) -> int | None:
        return next((process.pid for process in self._components.values()), None)

    def _require_running(self) -> None:
        for name, process in self._components.items():
            if process.poll() is not None:
                raise SettingsError(
                    f"`airflow {name}` stopped unexpectedly with status {process.returncode}; see {self._log_path}"
                )


@contextmanager
def standalone(settings: Settings, port: int, lock: int) -> Iterator[Airflow]:
    """Start Airflow and wait until it is healthy; its log is DATA/airflow/standalone.log. `lock` is the descriptor of
    `only_one_airflow`.

    Raises SettingsError if it does not start.
    """
    home = settings.data / "airflow"
    password = admin_password(settings)  # otherwise Airflow makes one of its own
    airflow = Airflow(os.environ | airflow_environment(settings, port), home / "standalone.log", lock)
    try:
        airflow.migrate_database(home)
        airflow.start("api-server")
        airflow.start("dag-processor")
        airflow.wait_until(lambda: _is_healthy(port, "metadatabase") and _answers_tasks(port), "the API server")
        _create_models_pool(port, password)
        airflow.start("scheduler", "--skip-serve-logs")
        airflow.wait_until(lambda: _is_healthy(port, "metadatabase", "scheduler", "dag_processor"), "the scheduler")
        airflow.start("triggerer", "--skip-serve-logs")  # no task of ours needs it, so nothing waits for it
        yield airflow
    finally:
        airflow.stop()


def admin_password(settings: Settings) -> str:
    """The password of user `admin`; the first call creates it."""
    path = settings.data / "airflow" / "passwords.json"
    if not path.is_file():
        _write_private(path, json.dumps({"admin": secrets.token_urlsafe(12)}))
    password = json.loads(path.read_text())["admin"]
    assert isinstance(password, str)
    return password


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """An interrupt that arrives meanwhile is raised at the end, so that every process that was started is known."""
    arrived: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def _stop_family(pid: int, seconds: float) -> None:
    """Terminate the process and its descendants, and kill those that have not ended after so many seconds."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=seconds)
    for member in alive:
        member.kill()
    psutil.wait_procs(alive, timeout=seconds)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _is_healthy(port: int, *parts: str) -> bool:
    """True if the API server answers and calls these parts of Airflow healthy."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    return all(health.get(name, {}).get("status") == "healthy" for name in parts)


def _answers_tasks(port: int) -> bool:
    """True if the API that tasks use answers. Its first answer takes many seconds, because it is built only then."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/execution/health", timeout=START_SECONDS):
            return True
    except OSError:
        return False


def _create_models_pool(port: int, password: str) -> None:
    """Create the pool over Airflow's API; leave it as it is if there is one."""
    login = _post(port, "/auth/token", {"username": "admin", "password": password})
    with suppress(_AlreadyThere):
        _post(port, "/api/v2/pools", POOL, login["access_token"])


class _AlreadyThere(Exception):
    """The API has what it was to create."""


def _post(port: int, path: str, body: Mapping[str, object], token: str | None = None) -> Mapping[str, str]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:  # noqa: S310  # it is ours
            said: Mapping[str, str] = json.load(answer)
            return said
    except urllib.error.HTTPError as exc:
        if exc.code == HTTPStatus.CONFLICT:
            raise _AlreadyThere from exc
        raise SettingsError(f"Airflow's API answered {path} with {exc.code}; was another password set?") from exc
    except OSError as exc:
        raise SettingsError(f"Airflow's API did not answer {path}: {exc}") from exc


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
