"""No ledger takes the place of the one that was seen, because a disk is not mounted, without a word."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import LedgerMissing, LedgerReplaced
from pipeline.ledger import Ledger, Run
from pipeline.seen_ledgers import SeenLedger, accepted_ledger, noted_ledger
from pipeline.settings import Settings
from tests.worlds.running import COMMAND, entry, newsledger
from tests.worlds.stories import item

IN_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "sources.toml").write_text(entry("north", "http://127.0.0.1:9"))
    return Settings(data=tmp_path / "data", sources=tmp_path / "sources.toml")


def record(settings: Settings, run: Run) -> None:
    with noted_ledger(settings) as ledger:
        ledger.append([item("a")], run)


@pytest.mark.parametrize("command", ["poll", "ingest", "backfill 2026-03-01 2026-03-01"])
def test_no_command_begins_a_ledger_where_one_was(settings: Settings, run: Run, command: str) -> None:
    record(settings, run)
    settings.data.rename(settings.data.with_name("unmounted"))
    settings.data.mkdir()
    done = newsledger(*command.split(), "--data", settings.data, "--sources", settings.sources)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        f"{settings.local_catalog}: there is no ledger, but there was one: mount its disk or correct NEWSLEDGER_DATA;"
        " to begin a new one, run `newsledger init`"
    )
    assert [*settings.data.iterdir()] == []
    assert newsledger("init", "--data", settings.data).returncode == 0
    record(settings, run)


def test_no_command_records_into_another_ledger(settings: Settings, run: Run) -> None:
    """It is noticed from the first run on, at whose beginning the ledger was empty."""
    record(settings, run)
    settings.data.rename(settings.data.with_name("unmounted"))
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger.append([item("a")], run)
    with pytest.raises(LedgerReplaced, match=r"is another ledger than .*, run `newsledger init`"):
        record(settings, run)
    assert newsledger("init", "--data", settings.data).returncode == 0
    record(settings, run)
    shutil.rmtree(settings.data)
    settings.data.with_name("unmounted").rename(settings.data)
    with pytest.raises(LedgerReplaced):
        record(settings, run)


def test_who_deletes_the_data_directory_may_begin_again(settings: Settings, run: Run) -> None:
    record(settings, run)
    shutil.rmtree(settings.data)
    record(settings, run)
    record(settings, run)


def test_a_folder_of_a_disk_that_is_not_mounted_is_not_a_deleted_one(tmp_path: Path, settings: Settings) -> None:
    """The disk is mounted and unmounted in a namespace of this test's own."""
    if subprocess.run([*IN_NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount in a namespace")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"""
        mount -t tmpfs none {disk} || exit 9
        {COMMAND} init --data {disk}/news || exit 9
        umount {disk}
        {COMMAND} poll --data {disk}/news --sources {settings.sources}
    """
    done = subprocess.run([*IN_NAMESPACE, "sh", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert f"{disk}/news/ledger.sqlite: there is no ledger, but there was one" in done.stderr
    assert [*disk.iterdir()] == []


def test_no_ledger_begins_beside_the_build_of_another_one(settings: Settings, run: Run) -> None:
    """As if NEWSLEDGER_CATALOG were forgotten."""
    settings.data.mkdir()
    settings.build_file.write_bytes(b"made from the ledger of a cluster")
    with pytest.raises(LedgerMissing, match=r"build.duckdb was made from one: set NEWSLEDGER_CATALOG"):
        record(settings, run)
    assert not settings.local_catalog.exists()
    with accepted_ledger(settings):
        record(settings, run)


def test_a_ledger_is_begun_also_if_it_cannot_be_noted(tmp_path: Path, settings: Settings, run: Run) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    record(settings, run)
    assert Ledger.exists(settings.ledger_catalog)


def test_places_that_earlier_versions_have_noted_count(settings: Settings, run: Run) -> None:
    settings.seen_ledgers_file.parent.mkdir(parents=True)
    settings.seen_ledgers_file.write_text(f"{settings.local_catalog}\n")
    with pytest.raises(LedgerMissing):
        record(settings, run)
    Ledger.open(settings.ledger_catalog).close()
    record(settings, run)
    last = settings.seen_ledgers_file.read_text().splitlines()[-1]
    with Ledger.open(settings.ledger_catalog) as ledger:
        assert SeenLedger.read(last) == SeenLedger.of(settings, ledger)


def test_a_line_that_was_changed_is_named(settings: Settings) -> None:
    settings.seen_ledgers_file.parent.mkdir(parents=True)
    settings.seen_ledgers_file.write_text('{"place": 7}\n')
    done = newsledger("poll", "--data", settings.data, "--sources", settings.sources)
    assert (done.returncode, '{"place": 7}' in done.stderr.splitlines()[-1]) == (1, True)
