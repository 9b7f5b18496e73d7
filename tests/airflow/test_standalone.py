"""`newsledger airflow` says what it does, needs the ledger that was seen, and leaves no process when interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from pipeline.airflow_lock import only_one_airflow
from pipeline.cli.airflow import SCHEDULES
from pipeline.cli.app import app
from pipeline.errors import AnnotatorError, SettingsError
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings
from pipeline.standalone import standalone
from tests.worlds.loaded_airflow import COMMAND
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import COMMAND as NEWSLEDGER
from tests.worlds.running import entry, free_port, newsledger


def test_it_does_not_start_without_the_ledger_that_was_seen(tmp_path: Path) -> None:
    data, sources = tmp_path / "data", tmp_path / "sources.toml"
    sources.write_text(entry("north", "http://127.0.0.1:9"))
    with noted_ledger(Settings(data=data)):
        pass
    data.rename(tmp_path / "unmounted")
    data.mkdir()
    environment = {"NEWSLEDGER_LOOKBAK_DAYS": "3"}
    started = newsledger("airflow", "--data", data, "--sources", sources, "--port", str(free_port()), env=environment)
    assert started.returncode == 1
    assert "NEWSLEDGER_LOOKBAK_DAYS is no setting and is ignored; did you mean NEWSLEDGER_LOOK" in started.stderr
    assert f"{data / 'ledger.sqlite'}: there is no ledger, but there was one" in started.stderr.splitlines()[-1]
    assert [*data.glob("*")] == []


def test_what_is_set_wrong_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("0", "70000"):
        assert CliRunner().invoke(app, ["airflow", "--port", port, "--data", str(tmp_path)]).exit_code == 2
    for setting, value, error in (("NOTIFY", "pigeon", SettingsError), ("ANNOTATORS", "ruels", AnnotatorError)):
        with monkeypatch.context() as environment:
            environment.setenv(f"NEWSLEDGER_{setting}", value)
            refused = CliRunner().invoke(app, ["airflow", "--data", str(tmp_path)])
        assert isinstance(refused.exception, error)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(not COMMAND.exists(), reason="newsledger[airflow] is not installed")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-C", "closed terminal"])
def test_its_first_lines_say_what_it_does_where_the_page_is_and_what_will_run_when(
    tmp_path: Path, number: signal.Signals
) -> None:
    data, sources, port = tmp_path / "data", tmp_path / "sources.toml", free_port()
    sources.write_text(entry("north", "http://127.0.0.1:9") + entry("south", "http://127.0.0.1:10"))
    command = [str(NEWSLEDGER), "airflow", "--data", str(data), "--sources", str(sources), "--port", str(port)]
    inherited = signal.signal(number, signal.SIG_DFL)  # tests that run under nohup ignore SIGHUP
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        signal.signal(number, inherited)
        assert started.stderr is not None
        lines = [started.stderr.readline() for _ in range(6)]
        started.send_signal(number)
        rest = started.stderr.read()
    assert lines[0] == f"Airflow will poll, capture and publish the 2 source(s) of {sources} into {data}:\n"
    assert [line.split()[0] for line in lines[1:4]] == [*SCHEDULES]
    assert all(when in line for when, line in zip(SCHEDULES.values(), lines[1:4], strict=True))
    assert lines[4].startswith("ingest_daily also runs now")
    assert lines[5].startswith(f"The page will be at http://127.0.0.1:{port}; the log is {data}")
    assert (started.returncode, rest.splitlines()[-1]) == (0, "Airflow has stopped")


ABANDONED = """
import os, signal, sys
from pathlib import Path
from pipeline.airflow_lock import only_one_airflow
from pipeline.standalone import Airflow

sys.executable = sys.argv[1]  # the `airflow` beside it is started
with only_one_airflow(Path(sys.argv[2])) as lock:
    airflow = Airflow(os.environ, Path(sys.argv[2]) / "log", lock)
    airflow.start(sys.argv[3])
    Path(sys.executable).with_name("fifo").read_text()
    print(airflow._leader, flush=True)
    if sys.argv[4] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
    airflow.stop()
"""


@pytest.fixture
def slow_airflow(tmp_path: Path) -> Path:
    """A Python with an `airflow` beside it that ends at no signal that it can ignore."""
    command = tmp_path / "airflow"
    command.write_text(f"#!/bin/sh\ntrap '' TERM\necho up > '{tmp_path}/fifo'\nexec sleep 600\n")
    command.chmod(0o755)
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "python"


@pytest.mark.parametrize("component", ["api-server", "scheduler"])
def test_a_component_whose_parent_is_killed_ends_or_is_named_at_the_next_start(
    slow_airflow: Path, tmp_path: Path, component: str
) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", ABANDONED, str(slow_airflow), str(home), component, "killed"]
    pid = int(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
    if component == "scheduler":
        with pytest.raises(SettingsError, match=f"an Airflow runs there already; stop its processes: .*{pid}"):
            only_one_airflow(home).__enter__()
        os.kill(pid, signal.SIGKILL)
    with suppress(psutil.NoSuchProcess):
        psutil.wait_procs([psutil.Process(pid)], timeout=30)
    with only_one_airflow(home):
        pass


def test_two_on_one_data_directory_are_refused(slow_airflow: Path, tmp_path: Path) -> None:
    home = tmp_path / "data" / "airflow"
    command = [sys.executable, "-c", ABANDONED, str(slow_airflow), str(home), "api-server", "running"]
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("north", "http://127.0.0.1:9"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        first.stdout.readline()
        port = str(free_port())
        second = newsledger("airflow", "--data", tmp_path / "data", "--sources", sources, "--port", port)
        first.communicate("")
    assert second.returncode == 1
    (said,) = second.stderr.splitlines()
    assert f"{home}: an Airflow runs there already; stop its processes: {first.pid}" in said
    with only_one_airflow(home):
        pass


def test_no_task_can_start_before_the_api_that_tasks_use_answers(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler starts last. Here the start fails before, because the API creates no pool."""
    started, command = tmp_path / "started", tmp_path / "airflow"
    command.write_text(f"#!/bin/sh\necho $1 >> '{started}'\ntest $1 = db || exec sleep 600\n")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))  # the `airflow` beside it is started
    web.answers["/api/v2/monitor/health"] = Answer(b'{"metadatabase": {"status": "healthy"}}')
    web.decides["/execution/health"] = lambda _: Answer(status=200 if web.asked["/execution/health"] > 1 else 503)
    home, port = tmp_path / "data" / "airflow", int(web.base.rpartition(":")[2])
    with only_one_airflow(home) as lock, pytest.raises(SettingsError, match="Airflow's API answered /auth/token"):
        standalone(Settings(data=home.parent), port, lock).__enter__()
    assert web.asked["/execution/health"] == 2
    assert started.read_text().split() == ["db", "api-server", "dag-processor"]


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
import psutil
from pipeline.cli.airflow import _interrupt
from pipeline.standalone import Airflow

def after_fork(frame, event, function):
    if event == "c_return" and function.__name__ == "fork_exec":
        sys.setprofile(None)
        signal.raise_signal(signal.SIGTERM)

signal.signal(signal.SIGTERM, _interrupt)
airflow = Airflow(os.environ, Path(sys.argv[1]))
sys.setprofile(after_fork)
try:
    airflow.run("version")
except KeyboardInterrupt:
    print("interrupted")
signal.raise_signal(signal.SIGTERM)  # people press ctrl-C twice
airflow.stop()
print(len(psutil.Process().children(recursive=True)), "left")
"""


@pytest.mark.skipif(not COMMAND.exists(), reason="newsledger[airflow] is not installed")
def test_an_interrupt_while_a_process_is_started_leaves_none(tmp_path: Path) -> None:
    """The worst moment: the process exists, and the function that started it has not returned."""
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "log")]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n"), done.returncode) == (["interrupted", "0 left", ""], 0), done.stderr
