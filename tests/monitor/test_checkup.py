"""The check of the set-up names what is wrong, and what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.monitor.checkup import _file_system, check_up
from pipeline.settings import Settings
from tests.worlds.running import entry, newsledger
from tests.worlds.stories import item


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    sources = tmp_path / "sources.toml"
    sources.write_text(entry("harbour", "http://127.0.0.1"))
    return Settings(data=tmp_path / "data", sources=sources, contact="desk@harbour.example")


def wrong(settings: Settings, ahead: timedelta = timedelta()) -> dict[str, str]:
    """What was found about each thing that is not as it should be."""
    return {each.name: each.found for each in check_up(settings, utc_now() + ahead) if each.advice}


def test_a_good_set_up_needs_nothing(settings: Settings) -> None:
    assert wrong(settings) == {}
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger.append([item("one")], Run("run"))
    assert wrong(settings) == {}


def test_what_is_wrong_is_found(settings: Settings, tmp_path: Path) -> None:
    settings.sources.write_text("[[source")
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger.append([item("one")], Run("run"))
    bad = settings.model_copy(update={"annotators": ("oracle",), "contact": ""})
    found = wrong(bad, ahead=-timedelta(days=2))
    assert set(found) == {"sources", "contact", "annotator", "clock"}
    assert str(settings.sources) in found["sources"]
    assert "oracle" in found["annotator"]
    assert "the last event was recorded at" in found["clock"]
    settings.local_catalog.write_text("no ledger")
    assert "cannot be opened as a ledger" in wrong(settings)["ledger"]
    away = settings.model_copy(update={"catalog": SecretStr("postgresql://127.0.0.1:1/none")})
    assert "postgresql://127.0.0.1:1/none: " in wrong(away)["ledger"]


def test_a_directory_that_cannot_be_written_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in wrong(settings.model_copy(update={"data": tmp_path / "file" / "data"}))["data directory"]


def test_the_kind_of_file_system_is_known() -> None:
    assert _file_system(Path("/proc/self")) == "proc"


def test_a_setting_that_does_not_exist_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_CONTCAT", "desk@harbour.example")
    (found,) = (each for each in check_up(settings, utc_now()) if each.name == "settings")
    assert (found.found, found.advice) == (
        "NEWSLEDGER_CONTCAT is no setting and is ignored",
        "remove it, or did you mean NEWSLEDGER_CONTACT?",
    )


def test_the_command_ends_with_1_if_something_is_wrong_and_not_for_advice(settings: Settings) -> None:
    given = ("--data", settings.data, "--sources", settings.sources)
    done = newsledger("doctor", *given, env={"NEWSLEDGER_CONTACT": ""})
    assert done.returncode == 0, done.stdout
    assert "set NEWSLEDGER_CONTACT" in done.stdout
    settings.sources.write_text("[[source")
    assert newsledger("doctor", *given).returncode == 1
