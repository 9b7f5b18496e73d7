"""`newsledger airflow` needs the ledger that was seen, and an interrupt at any time ends all of its processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings
from tests.worlds.loaded_airflow import COMMAND
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
