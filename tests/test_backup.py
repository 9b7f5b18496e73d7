"""A backup can be made at any time, costs what is new, and restores what was recorded."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from pydantic import SecretStr

from pipeline.backup import back_up, restore
from pipeline.errors import LedgerError, LedgerLocked, StorageError
from pipeline.ledger import Ledger, Run, verify
from pipeline.migration import migrate_to_postgres
from pipeline.settings import Settings
from tests.ledger.appending import start_appending
from tests.worlds.ledgers import NewData, contents, rows_of
from tests.worlds.postgres import PostgresServer
from tests.worlds.running import COMMAND, as_reader, newsledger
from tests.worlds.stories import item
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backup")


def test_a_backup_costs_what_is_new_and_restores_everything(
    world: World, folder: Path, tmp_path: Path, new_data: NewData
) -> None:
    world.ingest()
    data = world.settings.data
    first = back_up(world.settings, folder)
    assert first.copied > 5
    assert first.kept == 0
    again = back_up(world.settings, folder)
    assert (again.copied, again.kept, again.deleted) == (0, first.copied, 0)
    world.later(hours=1)
    world.web.feed("/feed.xml", ("/c", "Mole repaired"), ("/a", "Ferry adrift"))
    world.web.page("/c", "Mole repaired", *PARAGRAPHS[1:])
    world.ingest()
    done = newsledger("backup", folder, "--data", data)
    assert done.returncode == 0, done.stderr
    assert contents(folder) == contents(data)
    new_data(tmp_path / "restored")
    restored = newsledger("restore", folder, "--data", tmp_path / "restored")
    assert restored.returncode == 0, restored.stderr
    assert "records restored, as they were recorded" in restored.stdout
    assert contents(tmp_path / "restored") == contents(data)
    shutil.rmtree(folder)
    assert newsledger("models", "--data", tmp_path / "restored").returncode == 0, "nothing leads back to the backup"


def test_a_backup_is_whole_while_others_append(catalog: Path, folder: Path, tmp_path: Path) -> None:
    """Others are other processes. Python and DuckDB each have a copy of SQLite, and two copies in one process do not
    see each other's locks (https://www.sqlite.org/howtocorrupt.html, 2.2.1)."""
    appending = start_appending(catalog, 1)
    try:
        done = [back_up(Settings(data=tmp_path), folder) for _ in range(2)]
    finally:
        appending.kill()
        appending.wait()
    assert done[0].position < done[-1].position
    with Ledger.open(folder / "ledger.sqlite") as copied:
        verification = verify(copied)
    assert verification.findings == ()
    assert (verification.events, verification.digest) == (done[-1].position, done[-1].digest)


@pytest.fixture
def filled(catalog: Path, run: Run, tmp_path: Path) -> Settings:
    with Ledger.open(catalog) as ledger:
        for number in range(20):
            ledger.append([item(str(number))], run)
    return Settings(data=tmp_path)


def test_a_killed_backup_leaves_the_one_before_and_is_made_up_for(filled: Settings, folder: Path, run: Run) -> None:
    before = back_up(filled, folder)
    with Ledger.open(filled.ledger_catalog) as ledger:
        for number in range(20, 70):
            ledger.append([item(str(number))], run)
    process = subprocess.Popen([COMMAND, "backup", folder, "--data", filled.data], start_new_session=True)
    while process.poll() is None and not any(folder.rglob("*.parquet.copying")):
        pass
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with Ledger.open(folder / "ledger.sqlite") as copied:
        verification = verify(copied)
        assert verification.findings == ()
        assert verification.events == before.position
    assert back_up(filled, folder).position == 70
    with Ledger.open(folder / "ledger.sqlite") as copied:
        assert verify(copied).findings == ()
    assert not list(folder.rglob("*.copying"))


def test_files_that_the_ledger_no_longer_needs_leave_the_backup(filled: Settings, folder: Path) -> None:
    back_up(filled, folder)
    maintained = newsledger("maintain", "--data", filled.data)
    assert maintained.returncode == 0, maintained.stderr
    done = back_up(filled, folder)
    assert done.deleted == 20
    assert len(list(folder.rglob("item_discovered/*.parquet"))) == 1
    with Ledger.open(folder / "ledger.sqlite") as copied:
        assert verify(copied).findings == ()


def test_what_cannot_be_backed_up_is_said(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(StorageError, match=r"s3:/bucket/news: is an address; a backup is a folder .*, Back up"):
        back_up(filled, Path("s3://bucket/news"))
    with pytest.raises(StorageError, match="must not contain each other"):
        back_up(filled, filled.data / "backup")
    back_up(filled, folder)
    other = Settings(data=tmp_path_factory.mktemp("other"))
    with Ledger.open(other.ledger_catalog) as ledger:
        ledger.append([item("other")], Run("other"))
    with pytest.raises(StorageError, match="holds a backup of another ledger"):
        back_up(other, folder)
    with FileLock(folder / "backup.lock"), pytest.raises(LedgerLocked, match="another backup or restore"):
        back_up(filled, folder)


def test_a_write_protected_ledger_can_be_backed_up_and_a_write_protected_backup_restored(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected, restored = contents(filled.data), tmp_path_factory.mktemp("restored") / "data"
    write_protect(filled.data)
    (backed_up,) = as_reader(("backup", folder, "--data", filled.data))
    assert backed_up.returncode == 0, backed_up.stderr
    write_protect(folder)
    (done,) = as_reader(("restore", folder, "--data", restored))
    assert done.returncode == 0, done.stderr
    assert contents(restored) == expected


def write_protect(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_damaged_file_does_not_replace_its_copy(filled: Settings, folder: Path) -> None:
    pages = filled.archive_root / "2026" / "03" / "01" / "pages.warc.gz"
    pages.parent.mkdir(parents=True)
    pages.write_bytes(b"first")
    back_up(filled, folder)
    pages.write_bytes(b"first and second")
    assert back_up(filled, folder).copied == 1, "a file that has grown"
    events = next(filled.data.rglob("item_discovered/*.parquet"))
    for path in (pages, events):
        whole = path.read_bytes()
        for damaged in (b"x" + whole[1:], whole[:-1]):
            path.write_bytes(damaged)
            with pytest.raises(StorageError, match=f"{path}: is not what .* has of it"):
                back_up(filled, folder)
            assert (folder / path.relative_to(filled.data)).read_bytes() == whole
        path.write_bytes(whole)
    back_up(filled, folder)


def test_a_file_that_is_missing_from_the_archive_is_named(world: World, folder: Path) -> None:
    world.ingest()
    (page,) = world.settings.archive_root.rglob("*.warc.gz")
    held = page.rename(page.with_suffix(".away"))
    with pytest.raises(StorageError, match=f"{page}: is missing, although .* everything else .* in another backup"):
        back_up(world.settings, folder)
    held.rename(page)
    back_up(world.settings, folder)
    page.unlink()
    copy = folder / page.relative_to(world.settings.data)
    with pytest.raises(StorageError, match=f"{page}: is missing, .* The backup has it: copy {copy} back"):
        back_up(world.settings, folder)
    assert copy.exists()


def test_a_damaged_backup_is_found_when_it_is_restored(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("restored")
    back_up(filled, folder)
    next(folder.rglob("item_discovered/*.parquet")).unlink()
    restored = newsledger("restore", folder, "--data", target)
    assert restored.returncode == 1
    assert "is missing" in restored.stderr
    again = newsledger("restore", folder, "--data", target)
    assert "is there already; restore into an empty data directory" in again.stderr
    nothing = newsledger("restore", folder / "nowhere", "--data", target / "new")
    assert "holds no backup" in nothing.stderr


def test_a_restore_that_was_interrupted_is_resumed(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory, small_disk: Path
) -> None:
    target = tmp_path_factory.mktemp("restored")
    back_up(filled, folder)
    (folder / "archive").mkdir()
    (folder / "archive" / "large.warc.gz").write_bytes(os.urandom(4_000_000))
    full = newsledger("restore", folder, "--data", small_disk / "data")
    assert full.returncode == 1
    assert f"{small_disk}/data/archive/large.warc.gz: no space left on the disk" in full.stderr
    shutil.copytree(small_disk / "data", target, dirs_exist_ok=True)
    resumed = newsledger("restore", folder, "--data", target)
    assert resumed.returncode == 0, resumed.stderr
    assert contents(target) == contents(filled.data)
    assert "is there already" in newsledger("restore", folder, "--data", target).stderr


def test_a_backup_of_a_ledger_in_postgresql_is_one_of_a_single_machine_and_restores_into_either(
    postgres_server: PostgresServer, folder: Path, tmp_path: Path
) -> None:
    one = Settings(data=tmp_path / "one", catalog=SecretStr(postgres_server.new_database()))
    with Ledger.open(one.ledger_catalog) as ledger:
        ledger.append([item("a", title="Fähre\0 treibt"), item("b")], Run("one"))
        ledger.append([item("c")], Run("two"))
    back_up(one, folder)
    assert contents(folder) == rows_of(one.ledger_catalog)
    with pytest.raises(StorageError, match=r"postgresql://.*: is there already"):
        restore(folder, Settings(data=tmp_path / "other", catalog=one.catalog))
    other = Settings(data=tmp_path / "other", catalog=SecretStr(postgres_server.new_database()))
    restore(folder, other)
    assert rows_of(other.ledger_catalog) == rows_of(one.ledger_catalog)
    for settings in (Settings(data=folder), other):
        with Ledger.open(settings.ledger_catalog) as ledger:
            assert ledger.append([item("a", title="Fähre\0 treibt"), item("d")], Run("three")).events == 1
            assert verify(ledger).findings == ()


def test_a_catalog_moves_to_postgresql_and_back(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Settings(data=tmp_path)
    there = Settings(data=tmp_path, catalog=SecretStr(postgres_server.new_database()))
    nowhere = newsledger("migrate", "--data", tmp_path)
    assert "NEWSLEDGER_CATALOG: names the database" in nowhere.stderr
    assert there.catalog
    monkeypatch.setenv("NEWSLEDGER_CATALOG", there.catalog.get_secret_value())
    for source, target, options in ((here, there, []), (there, here, ["--back"]), (here, there, [])):
        with Ledger.open(source.ledger_catalog) as open_meanwhile:
            open_meanwhile.append([item(f"{source}-{options}")], Run("before"))
            rows = rows_of(source.ledger_catalog)
            done = newsledger("migrate", "--data", tmp_path, *options)
            assert done.returncode == 0, done.stderr
            assert "events moved, as they were recorded" in done.stdout
            with pytest.raises((LedgerError, duckdb.Error)):
                open_meanwhile.append([item("lost")], Run("late"))
        assert rows_of(target.ledger_catalog) == rows
        with pytest.raises(LedgerError, match="although its folder holds events"):
            Ledger.open(source.ledger_catalog)


def test_a_database_with_another_ledger_is_not_overwritten(postgres_server: PostgresServer, tmp_path: Path) -> None:
    conninfo = postgres_server.new_database()
    for folder in ("one", "other"):
        with Ledger.open(tmp_path / folder / "ledger.sqlite") as ledger:
            ledger.append([item(folder)], Run(folder))
    migrate_to_postgres(Settings(data=tmp_path / "one", catalog=SecretStr(conninfo)))
    with pytest.raises(StorageError, match="has another ledger already"):
        migrate_to_postgres(Settings(data=tmp_path / "other", catalog=SecretStr(conninfo)))
    with Ledger.open(tmp_path / "other" / "ledger.sqlite") as ledger:
        assert ledger.append([item("next")], Run("other")).events == 1
