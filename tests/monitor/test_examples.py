"""The examples for cron, systemd and Prometheus in docs/examples name commands and metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from pipeline.monitor.concerns import ConcernKind
from pipeline.monitor.gauges import registry_of
from pipeline.settings import PROJECT_ROOT, Settings
from tests.monitor.test_concerns import SOUND
from tests.worlds.running import newsledger

EXAMPLES = PROJECT_ROOT / "docs" / "examples"
UNITS = sorted([*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.timer")])
RULES = [
    rule
    for group in yaml.safe_load((EXAMPLES / "prometheus_alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace("/opt/newsledger", str(PROJECT_ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_timer_starts_a_service_and_every_started_service_exists() -> None:
    services = {unit.stem for unit in UNITS if unit.suffix == ".service"}
    assert {unit.stem for unit in UNITS if unit.suffix == ".timer"} == services
    named = re.findall(r"^OnFailure=(\S+)\.service", "\n".join(unit.read_text("utf-8") for unit in UNITS), re.MULTILINE)
    assert set(named) <= services


@pytest.mark.parametrize("file", [*UNITS, EXAMPLES / "crontab"], ids=lambda file: file.name)
def test_commands_options_and_settings_exist(file: Path) -> None:
    text = file.read_text("utf-8")
    for command, options in re.findall(r"bin/newsledger ([a-z]+)([^)>|\n]*)", text):
        told = newsledger(command, "--help")
        assert told.returncode == 0, command
        for option in re.findall(r"(?<!\S)(--?[a-z]+)", options):
            assert option in told.stdout, option
    settings = {f"NEWSLEDGER_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"NEWSLEDGER_[A-Z_]+", text)) <= settings


def test_jobs_of_cron_have_a_time_of_five_fields() -> None:
    jobs = [line for line in (EXAMPLES / "crontab").read_text("utf-8").splitlines() if "newsledger &&" in line]
    assert len(jobs) == 4
    for job in jobs:
        assert re.match(r"([\d*/]+ +){5}cd /opt/newsledger && ", job), job
        assert "%" not in job, "cron reads it as a line break"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alerts_read_metrics_that_exist(rule: dict[str, object]) -> None:
    exposed = generate_latest(registry_of(SOUND, [])).decode()
    names = set(re.findall(r"^# TYPE (\w+) gauge", exposed, re.MULTILINE))
    expression = str(rule["expr"])
    read = set(re.findall(r"newsledger_\w+", expression))
    assert read <= names
    kinds = re.search(r'kind=~?"([^"]+)"', expression)
    assert not kinds or set(kinds[1].split("|")) <= {kind.value for kind in ConcernKind}


def test_operations_explains_every_kind_of_concern() -> None:
    page = (PROJECT_ROOT / "docs" / "operations.md").read_text("utf-8")
    (table,) = re.findall(r"\| kind \| when \|.*?\n\n", page, re.DOTALL)
    assert set(re.findall(r"`(\w+)`(?=[^|]*\|[^|]*\|[^|]*\|\n)", table)) == {kind.value for kind in ConcernKind}
