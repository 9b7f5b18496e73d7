"""A disk that is full says so in the same one line, wherever it is met."""

from __future__ import annotations

import errno
import re
import sqlite3
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import ModelsError, NewsledgerError, StorageError, storage_errors
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.disk import disk_errors
from pipeline.models.dbt_compile import _failure
from tests.worlds.stories import item

FULL = "no space left on the disk; what was recorded is kept: free some space and run the same again"


@pytest.mark.parametrize(
    "message",
    [
        'IO Error: Could not write file "x.wal": No space left on device',
        "Runtime Error in model quotes (models/marts/quotes.sql)\n  IO Error: Could not write: No space left on device",
        "IO Error: Failed to query most recent snapshot\ndatabase or disk is full",
        "Out of Memory Error: failed to offload data\nThis limit was set by the 'max_temp_directory_size' setting.",
    ],
)
def test_messages_about_a_full_disk(tmp_path: Path, message: str) -> None:
    with pytest.raises(StorageError) as caught, disk_errors(tmp_path / "file"):
        raise duckdb.Error(message)
    assert str(caught.value) == f"{tmp_path / 'file'}: {FULL}"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_system_s_error_of_a_full_disk_is_said_in_the_same_words(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageError, match=re.escape(f"{tmp_path}: {FULL}")), storage_errors(tmp_path):
        raise OSError(number, "said by the system")


def test_sqlite_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=FULL), disk_errors(tmp_path / "file"):
        raise sqlite3.OperationalError("database or disk is full")


def test_the_line_about_the_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"file: IO Error: Read-only file system$"), disk_errors(tmp_path / "file"):
        raise duckdb.Error("Runtime Error in model quotes\n  IO Error: Read-only file system\nLINE 1: …")


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(duckdb.CatalogException), disk_errors(tmp_path / "file"):
        raise duckdb.CatalogException("Catalog Error: Table with name x does not exist")


@pytest.mark.slow
@pytest.mark.parametrize("free_kilobytes", [0, 16, 48, 120, 300])
def test_a_ledger_on_a_full_disk_says_so_and_loses_nothing(small_disk: Path, free_kilobytes: int) -> None:
    place, filler = small_disk / "ledger.sqlite", small_disk / "filler"
    with Ledger.open(place) as ledger:
        ledger.append([item(f"{n}") for n in range(100)], Run("before"))
    fill(filler, small_disk, free_kilobytes)
    with pytest.raises(NewsledgerError) as caught:
        append_thousands(place)
    assert str(caught.value).endswith(FULL)
    filler.unlink()
    with Ledger.open(place) as ledger:
        known = ledger.head()[0]
        assert known >= 100
        assert (known - 100) % 1_000 == 0, "an append is recorded whole or not at all"
        assert verify(ledger).findings == ()


def test_dbt_names_the_full_disk_and_not_the_models(tmp_path: Path) -> None:
    error = _failure(tmp_path, [], OSError(errno.ENOSPC, "No space left on device"))
    assert (type(error), str(error)) == (StorageError, f"{tmp_path}: {FULL}")
    assert isinstance(_failure(tmp_path, [], ValueError("no such macro")), ModelsError)


def append_thousands(place: Path) -> None:
    with Ledger.open(place) as ledger:
        for n in range(10):
            ledger.append([item(f"{n}-{k}", title=f"{n * k}" * 50) for k in range(1_000)], Run("full"))


def fill(filler: Path, disk: Path, free_kilobytes: int) -> None:
    """Leave this much free space."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(file.tell() - free_kilobytes * 1024)
