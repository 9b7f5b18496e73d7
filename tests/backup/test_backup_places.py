"""A backup is written into no folder that holds something else, and a restore overwrites no ledger."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from pipeline.backup import back_up, restore
from pipeline.cli.maintain import maintain, part
from pipeline.cli.redact import redact
from pipeline.errors import LedgerError, StorageError
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.monitor.checkup import check_up
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings
from tests.worlds.ledgers import contents
from tests.worlds.running import newsledger
from tests.worlds.stories import item

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


@pytest.mark.parametrize(("target", "way"), [(".", "."), ("ledger", ".."), (".", "new"), ("ledger", ".")])
def test_no_other_name_of_the_data_directory_lets_a_backup_into_it(
    filled: Settings, tmp_path_factory: pytest.TempPathFactory, target: str, way: str
) -> None:
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(filled.data / target)
    before = contents(filled.data)
    with pytest.raises(StorageError, match="must not contain each other"):
        back_up(filled, link / way)
    with pytest.raises(StorageError, match="must not contain each other"):
        back_up(Settings(data=link if target == "." else filled.data), link / way)
    assert contents(filled.data) == before


def test_a_bind_mount_of_the_data_directory_is_no_place_for_its_backup(
    filled: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mounted = tmp_path_factory.mktemp("mounted")
    if subprocess.run(["mount", "--bind", filled.data, mounted], capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        for place in (mounted, mounted / "new"):
            with pytest.raises(StorageError, match="must not contain each other"):
                back_up(filled, place)
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)


@pytest.mark.parametrize("name", ["thesis.txt", "ledger/thesis.parquet", "ledger.sqlite"])
def test_a_folder_with_other_files_is_not_touched(filled: Settings, folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(StorageError, match=f"{folder}: is not empty and holds no backup"):
        back_up(filled, folder)
    assert [each for each in folder.rglob("*") if each.is_file()] == [path]
    assert path.read_text() == "mine"


def test_the_root_of_a_disk_counts_as_empty_with_what_systems_put_there(filled: Settings, folder: Path) -> None:
    for name in ("lost+found", "System Volume Information", "$RECYCLE.BIN", ".Trash-1000", ".Trashes"):
        (folder / name).mkdir()
    assert back_up(filled, folder).position == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("what?", "the path must have no question mark: .*; rename the folder"),
        ("x" * 200 + "/" + "y" * 200 + "/" + "z" * 100, "SQLite opens none with more than"),
        ("~no-such-user/x", "there is no user ~no-such-user"),
    ],
)
def test_a_backup_is_made_only_where_it_can_be_verified(
    filled: Settings, folder: Path, name: str, message: str
) -> None:
    with pytest.raises(StorageError, match=message):
        back_up(filled, Path(name) if name[0] == "~" else folder / name)
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize(("content", "message"), [(b"", "holds no backup"), (b"nothing" * 99, "opened as a ledger")])
def test_nothing_is_restored_from_what_is_no_ledger(
    filled: Settings, folder: Path, content: bytes, message: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "ledger.sqlite").write_bytes(content)
    settings = Settings(data=tmp_path_factory.mktemp("restored"))
    with pytest.raises((StorageError, LedgerError), match=message):
        restore(folder, settings)
    assert [*settings.data.iterdir()] == []


def test_a_copy_of_the_data_directory_that_is_used_does_not_become_a_backup(filled: Settings, folder: Path) -> None:
    shutil.copytree(filled.data, folder, dirs_exist_ok=True)
    with pytest.raises(StorageError, match="is not empty and holds no backup"):
        back_up(filled, folder)


def test_only_files_that_a_backup_has_written_are_deleted_from_it(filled: Settings, folder: Path) -> None:
    back_up(filled, folder)
    foreign = folder / "ledger" / "main" / "item_discovered" / "thesis.parquet"
    foreign.write_text("mine")
    assert back_up(filled, folder).deleted == 0
    assert foreign.read_text() == "mine"


def test_a_first_backup_that_was_killed_keeps_its_folder_for_this_ledger(
    filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    back_up(filled, folder)
    (folder / "ledger.sqlite").unlink()
    other = Settings(data=tmp_path_factory.mktemp("other"))
    with Ledger.open(other.ledger_catalog) as ledger:
        ledger.append([item("other")], Run("other"))
    with pytest.raises(StorageError, match="holds a backup of another ledger"):
        back_up(other, folder)
    assert back_up(filled, folder).position == 3


@pytest.fixture
def interrupted(filled: Settings, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data directory into which the backup was restored, except for the last step."""
    back_up(filled, folder)
    settings = Settings(data=tmp_path_factory.mktemp("interrupted"))
    restore(folder, settings)
    settings.unfinished_restore_file.write_text(f"{folder}\n")
    return settings


def test_nothing_is_recorded_where_a_restore_was_interrupted(interrupted: Settings, folder: Path) -> None:
    said = "a restore into it was interrupted: run `newsledger restore` again"
    with pytest.raises(StorageError, match=said), noted_ledger(interrupted):
        pass
    assert said in newsledger("init", "--data", interrupted.data).stderr
    one, other = "https://a.example/1", "https://a.example/2"
    for command in (maintain, partial(redact, one, "a letter"), partial(part, one, other)):
        with pytest.raises(StorageError, match=said):
            command(data=interrupted.data)
    assert "was interrupted" in {each.name: each.found for each in check_up(interrupted, utc_now())}["ledger"]
    for tree, content in ((folder, b"kept"), (interrupted.data, b"kept, erased since")):
        (tree / "archive").mkdir()
        (tree / "archive" / "pages.warc.gz").write_bytes(content)
    restore(folder, interrupted)
    assert (interrupted.archive_root / "pages.warc.gz").read_bytes() == b"kept"
    with noted_ledger(interrupted) as ledger:
        assert ledger.head().position == 3


def test_a_restore_does_not_overwrite_what_was_recorded_since_it_was_interrupted(
    interrupted: Settings, folder: Path, filled: Settings, tmp_path_factory: pytest.TempPathFactory, run: Run
) -> None:
    with Ledger.open(interrupted.ledger_catalog) as ledger:
        ledger.append([item("since")], run)
    now = contents(interrupted.data)
    with pytest.raises(StorageError, match="the ledger was used since"):
        restore(folder, interrupted)
    other = tmp_path_factory.mktemp("other backup")
    back_up(filled, other)
    with pytest.raises(StorageError, match=f"was begun to be restored from {folder}"):
        restore(other, interrupted)
    assert contents(interrupted.data) == now
