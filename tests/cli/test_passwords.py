"""A password that somebody wrote into an address is in no error and in no log, wherever the address was given."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
import structlog

from pipeline.cli import console
from pipeline.errors import NewsledgerError, SettingsError
from pipeline.prerequisites import require_installation
from pipeline.run_failures import described
from pipeline.settings import LogFormat, LogLevel
from tests.worlds.running import fails_with_one_line, newsledger


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://AKIA:se/cr+et@store.example/news", "s3://…@store.example/news"),
        ("'s3:/me:se@cret@store.example': no path", "'s3:/…@store.example': no path"),
        ("got 'me:secret@proxy.example'", "got '…@proxy.example'"),
        ("http://token-secret@proxy.example:3128/", "http://…@proxy.example:3128/"),
        ("postgresql://db/x?password=secret&sslmode=require", "postgresql://db/x?password=…&sslmode=require"),
        ("host=db password='se cret' port=1", "host=db password=… port=1"),
        ("http://127.0.0.1:8080/@desk at 10:15, smtp:desk@example.org", None),
    ],
)
def test_no_error_and_no_log_shows_a_password(text: str, shown: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    console.say(text)
    for log_format in LogFormat:
        console.configure_logs(log_format, LogLevel.INFO)
        structlog.get_logger().info("said", words=text)
    for seen in (*capsys.readouterr().err.splitlines(), str(NewsledgerError(text)), described(OSError(text))):
        assert (shown or text) in seen


@pytest.mark.parametrize(
    "given",
    [
        {"NEWSLEDGER_STORAGE": "s3://me:hunter2@store.example", "NEWSLEDGER_CATALOG": "postgresql://db.example/x"},
        {"NEWSLEDGER_CATALOG": "postgresql://me:se@hunter2@db.example/x"},
        {"NEWSLEDGER_CATALOG": "postgresql://me:se/hunter2@db.example/x"},
        {"NEWSLEDGER_CATALOG": "postgresql://me:hunter2%zz@db.example/x"},
        {"NEWSLEDGER_CATALOG": "host=db.example password=hunter2"},
        {"NEWSLEDGER_WAYBACK_URL": "me:hunter2@archive.example"},
        {"NEWSLEDGER_ALLOW_HOSTS": "me:hunter2@archive.example"},
        {"NEWSLEDGER_NOTIFY": "hunter2-token"},
        {"NEWSLEDGER_ANCHORS": "s3://me:hunter2@store.example"},
    ],
)
def test_a_setting_that_is_wrong_does_not_show_its_password(
    tmp_path: Path, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the traceback in Airflow's log."""
    for name, value in {"NEWSLEDGER_DATA": str(tmp_path), **given}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        require_installation(None)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_an_argument_does_not_show_its_password() -> None:
    for command in (("backup", "s3://me:hunter2@store.example"), ("init", "--data", "s3://me:hunter2@store.example")):
        assert "hunter2" not in fails_with_one_line(newsledger(*command))
