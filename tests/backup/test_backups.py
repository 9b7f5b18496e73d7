"""A backup in a folder or in S3 can be made at any time, costs what is new, and restores what was recorded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from pydantic import SecretStr

from pipeline.backup import back_up, restore
from pipeline.errors import LedgerLocked, StorageError
from pipeline.ledger import Ledger, Run, verify
from pipeline.places import S3Place
from pipeline.settings import Settings
from pipeline.steps.maintain import merge_files
from pipeline.steps.run.progress import Progress
from tests.ledger.appending import start_appending
from tests.worlds.ledgers import contents, rows_of
from tests.worlds.postgres import PostgresServer
from tests.worlds.restored import Restored, append
from tests.worlds.running import as_reader, newsledger
from tests.worlds.stories import item
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def test_a_backup_costs_what_is_new_and_restores_everything(
    world: World, folder: Path, s3_place: S3Place, restored: Restored, tmp_path: Path
) -> None:
    world.collect()
    data, places = world.settings.data, (folder, str(s3_place))
    for place in places:
        first, again = back_up(world.settings, place), back_up(world.settings, place)
        assert (first.copied > 5, first.kept) == (True, 0)
        assert (again.copied, again.kept, again.deleted) == (0, first.copied, 0)
    world.later(hours=1)
    world.web.feed("/feed.xml", ("/c", "Mole repaired"), ("/a", "Ferry adrift"))
    world.web.page("/c", "Mole repaired", *PARAGRAPHS[1:])
    world.collect()
    expected, copy = contents(data), Settings(data=tmp_path / "by command")
    for place in places:
        done = newsledger("backup", place, "--data", data)
        assert done.returncode == 0, done.stderr
    assert contents(folder) == contents(restored(folder).data) == expected
    shutil.rmtree(folder)
    done = newsledger("restore", s3_place, "--data", copy.data)
    assert done.returncode == 0, done.stderr
    assert "records restored, as they were recorded" in done.stdout
    assert contents(copy.data) == expected


def test_a_backup_is_whole_while_others_append(
    catalog: Path, folder: Path, s3_place: S3Place, restored: Restored, tmp_path: Path
) -> None:
    """Others are other processes. Python and DuckDB each have a copy of SQLite, and two copies in one process do not
    see each other's locks (https://www.sqlite.org/howtocorrupt.html, 2.2.1)."""
    appending = start_appending(catalog, 1)
    settings, bucket = Settings(data=tmp_path), str(s3_place)
    try:
        begun, other = back_up(settings, folder), back_up(settings, bucket)
        while (grown := back_up(settings, folder)).position == begun.position:
            pass
    finally:
        appending.kill()
        appending.wait()
    for place, expected in ((folder, grown), (bucket, other)):
        with Ledger.open(restored(place).ledger_catalog) as copied:
            verification = verify(copied)
        assert verification.findings == ()
        assert (verification.events, verification.digest) == (expected.position, expected.digest)


def stop(_: Progress) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_backup_leaves_the_one_before_and_is_made_up_for(
    filled: Settings, place: Path | str, restored: Restored
) -> None:
    """`tests/cli/test_kills.py` kills it at other moments, too."""
    with pytest.raises(KeyboardInterrupt):
        back_up(filled, place, stop)
    with pytest.raises(StorageError, match="holds no backup"):
        restored(place)
    back_up(filled, place)
    before = contents(filled.data)
    after = append(filled, "new")
    with pytest.raises(KeyboardInterrupt):
        back_up(filled, place, stop)
    assert contents(restored(place).data) == before
    assert back_up(filled, place).position == 4
    assert contents(restored(place).data) == after


def test_files_that_the_ledger_no_longer_needs_leave_the_backup(
    filled: Settings, place: Path | str, restored: Restored
) -> None:
    back_up(filled, place)
    with Ledger.open(filled.ledger_catalog) as ledger:
        merge_files(ledger)
    assert back_up(filled, place).deleted == 3
    copy = restored(place)
    assert len(list(copy.data.rglob("item_discovered/*.parquet"))) == 1
    assert contents(copy.data) == contents(filled.data)


def test_what_cannot_be_backed_up_is_said(
    filled: Settings, place: Path | str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for address in ("gs://bucket/news", "s3:/bucket/news", "s3://"):
        with pytest.raises(StorageError, match=f"^{address}: must be "):
            back_up(filled, address)
    back_up(filled, place)
    older = shutil.copytree(filled.data, tmp_path_factory.mktemp("older") / "data")
    append(filled, "new")
    back_up(filled, place)
    other = Settings(data=tmp_path_factory.mktemp("other"))
    append(other, "other")
    for settings in (other, Settings(data=older)):
        with pytest.raises(StorageError, match=f"^{place}: holds a backup of another ledger, or of a later state"):
            back_up(settings, place)


def test_only_one_process_makes_a_backup(filled: Settings, folder: Path, s3_place: S3Place, restored: Restored) -> None:
    back_up(filled, folder)
    with FileLock(folder / "backup.lock"), pytest.raises(LedgerLocked, match="another backup or restore"):
        back_up(filled, folder)
    back_up(filled, str(s3_place))
    finished = append(filled, "new")

    def finish_another(progress: Progress) -> None:
        if progress.done == 1:
            back_up(filled, str(s3_place))

    with pytest.raises(LedgerLocked, match=f"{s3_place}: another backup was made here meanwhile"):
        back_up(filled, str(s3_place), finish_another)
    assert contents(restored(str(s3_place)).data) == finished


def test_a_write_protected_ledger_can_be_backed_up_and_a_write_protected_backup_restored(
    filled: Settings, folder: Path, restored: Restored, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected, new = contents(filled.data), tmp_path_factory.mktemp("new")
    back_up(filled, folder)
    for protected in (filled.data, folder):
        write_protect(protected)
    commands = ("backup", new / "backup", "--data", filled.data), ("restore", folder, "--data", new / "data")
    for done in as_reader(*commands):
        assert done.returncode == 0, done.stderr
    assert contents(new / "data") == contents(restored(new / "backup").data) == expected


def write_protect(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_a_damaged_file_does_not_replace_its_copy(filled: Settings, place: Path | str, restored: Restored) -> None:
    pages = filled.archive_root / "2026" / "03" / "01" / "pages.warc.gz"
    pages.parent.mkdir(parents=True)
    pages.write_bytes(b"first")
    back_up(filled, place)
    pages.write_bytes(b"first and second")
    assert back_up(filled, place).copied == 1, "a file that has grown"
    events = next(filled.data.rglob("item_discovered/*.parquet"))
    for path, damaged in ((pages, b"First and second"), (events, events.read_bytes()[:-1])):
        whole = path.read_bytes()
        path.write_bytes(damaged)
        with pytest.raises(StorageError, match=f"{path}: is not what .* has of it"):
            back_up(filled, place)
        path.write_bytes(whole)
    assert (restored(place).data / pages.relative_to(filled.data)).read_bytes() == b"first and second"


def test_a_file_that_is_missing_from_the_archive_is_named(world: World, folder: Path, s3_place: S3Place) -> None:
    world.collect()
    page = max(world.settings.archive_root.rglob("*.warc.gz"))
    for place, address in ((folder, str(folder)), (str(s3_place), str(s3_place))):
        held = page.rename(page.with_suffix(".away"))
        with pytest.raises(StorageError, match=f"{page}: is missing, although .* everything else .* in another backup"):
            back_up(world.settings, place)
        held.rename(page)
        back_up(world.settings, place)
        held = page.rename(page.with_suffix(".away"))
        copy = f"{address}/{page.relative_to(world.settings.data)}"
        for _ in range(2):
            with pytest.raises(StorageError, match=f"{page}: is missing, .* The backup has it: copy {copy}.* back"):
                back_up(world.settings, place)
        held.rename(page)


def test_a_damaged_backup_is_found_when_it_is_restored(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("restored")
    back_up(filled, folder)
    next(folder.rglob("item_discovered/*.parquet")).unlink()
    restored = newsledger("restore", folder, "--data", target)
    assert restored.returncode == 1
    assert "is missing" in restored.stderr
    assert f"{folder} does not hold all that was recorded: copy the named files from another backup" in restored.stderr
    again = newsledger("restore", folder, "--data", target)
    assert "is there already; restore into an empty data directory" in again.stderr
    nothing = newsledger("restore", folder / "nowhere", "--data", target / "new")
    assert "holds no backup" in nothing.stderr


def test_a_restore_that_was_interrupted_is_resumed(
    filled: Settings, place: Path | str, tmp_path_factory: pytest.TempPathFactory, small_disk: Path
) -> None:
    target = tmp_path_factory.mktemp("restored")
    filled.archive_root.mkdir()
    (filled.archive_root / "large.warc.gz").write_bytes(os.urandom(4_000_000))
    back_up(filled, place)
    full = newsledger("restore", place, "--data", small_disk / "data")
    assert full.returncode == 1
    assert f"{small_disk}/data/archive/large.warc.gz: no space left on the disk" in full.stderr
    shutil.copytree(small_disk / "data", target, dirs_exist_ok=True)
    resumed = newsledger("restore", place, "--data", target)
    assert resumed.returncode == 0, resumed.stderr
    assert contents(target) == contents(filled.data)
    assert "is there already" in newsledger("restore", place, "--data", target).stderr


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
