"""A ledger whose Parquet files are in S3 loses and doubles nothing when the store fails, and finds what was changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import LedgerDamaged, LedgerError, SettingsError, StorageError
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.checkpoint import file_states
from pipeline.ledger.event_files import event_files
from pipeline.places import PostgresPlace, S3Place
from pipeline.settings import load_settings
from tests.ledger.appending import settings_of, start_appending
from tests.worlds.postgres import PostgresServer
from tests.worlds.s3 import Fault, S3Server, denied, reset, slow_down
from tests.worlds.stories import item

pytestmark = pytest.mark.slow


@pytest.fixture
def place(postgres_server: PostgresServer, s3_place: S3Place, tmp_path: Path) -> PostgresPlace:
    return PostgresPlace(postgres_server.new_database(), tmp_path / "ledger", s3_place.below("ledger"))


def is_events(method: str, path: str) -> bool:
    return method == "PUT" and path.endswith(".parquet")


@pytest.mark.parametrize("fault", [slow_down, reset])
def test_an_append_survives_what_passes(place: PostgresPlace, s3_server: S3Server, run: Run, fault: Fault) -> None:
    with Ledger.open(place) as ledger:
        s3_server.fail(is_events, fault, 1)
        assert ledger.append([item("a")], run).events == 1
        assert verify(ledger).findings == ()


def test_duckdb_gives_a_store_that_does_not_answer_up_after_a_minute(place: PostgresPlace) -> None:
    with Ledger.open(place) as ledger:
        (row,) = ledger.table(
            "select current_setting('http_timeout') as seconds, current_setting('http_retries') as retries"
        ).to_pylist()
    assert row["seconds"] * (4 + 1) <= 60 and row["retries"] <= 4


def test_an_append_that_cannot_write_records_nothing(place: PostgresPlace, s3_server: S3Server, run: Run) -> None:
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
        s3_server.fail(is_events, denied, 1)
        with pytest.raises(StorageError, match=f"^s3://{place.s3.bucket}/desk/ledger: .*403") as caught:  # type: ignore[union-attr]
            ledger.append([item("b")], run)
        assert "\n" not in str(caught.value) and "secret" not in str(caught.value)
        assert ledger.head().position == 1
        assert ledger.append([item("a"), item("b")], run).events == 1
        assert verify(ledger).findings == ()


def test_an_open_ledger_continues_after_an_outage(place: PostgresPlace, s3_server: S3Server, run: Run) -> None:
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
        with s3_server.gone(), pytest.raises(StorageError, match="run the same again"):
            ledger.append([item("b")], run)
        assert ledger.append([item("a"), item("b")], run).events == 1
        assert verify(ledger).findings == ()


def test_killed_writers_leave_nothing_half_recorded(place: PostgresPlace, run: Run) -> None:
    Ledger.open(place).close()
    writers = [start_appending(place, number) for number in range(2)]
    for writer in writers:
        writer.kill()
        writer.communicate()
    with Ledger.open(place) as ledger:
        proof = verify(ledger)
        assert proof.findings == ()
        assert proof.events == ledger.head().position
        assert ledger.append([item("after")], run).events == 1


def test_a_changed_object_is_read_again(place: PostgresPlace, s3_server: S3Server, run: Run) -> None:
    assert place.s3
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
        before = file_states(ledger, event_files(ledger))
        (key,) = s3_server.keys(place.s3.bucket, "desk/ledger/main/item_discovered/")
        content = s3_server.client.get_object(Bucket=place.s3.bucket, Key=key)["Body"].read()
        s3_server.client.put_object(Bucket=place.s3.bucket, Key=key, Body=content[:-1] + b"?")
        assert file_states(ledger, event_files(ledger)) != before


def test_files_without_a_catalog_are_not_written_over(
    place: PostgresPlace, postgres_server: PostgresServer, run: Run
) -> None:
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
    with pytest.raises(LedgerError, match="although its folder holds events"):
        Ledger.open(PostgresPlace(postgres_server.new_database(), place.files, place.s3))


def test_no_second_ledger_begins_beside_that_of_one_host(place: PostgresPlace, tmp_path: Path, run: Run) -> None:
    """A machine whose ledger was migrated away, which leaves its Parquet files, may begin one."""
    catalog = tmp_path / "ledger.sqlite"
    with Ledger.open(catalog) as ledger:
        ledger.append([item("a")], run)
    for begin in (Ledger.open, Ledger.open_existing):
        with pytest.raises(LedgerDamaged, match=rf"has one in {catalog}: move it with `newsledger migrate`"):
            begin(place)
    catalog.rename(tmp_path / "ledger.sqlite.migrated")
    Ledger.open(place).close()


def test_another_store_than_the_catalogs_is_named(place: PostgresPlace, s3_server: S3Server, run: Run) -> None:
    """A store that has files, too, may be a copy."""
    assert place.s3
    typo = PostgresPlace(place.conninfo, place.files, S3Place(place.s3.bucket, "dsek/ledger/"))
    unset, no_bucket = PostgresPlace(place.conninfo, place.files), S3Place("no-such-bucket", "desk/ledger/")
    with Ledger.open(place) as ledger:
        ledger.append([item("a")], run)
    for wrong in (typo, unset):
        named = wrong.s3 or wrong.files
        with pytest.raises(SettingsError, match=rf"in {place.s3}/, and the settings name {named}/: correct"):
            Ledger.open_existing(wrong)
    copy = PostgresPlace(place.conninfo, place.files, S3Place(s3_server.new_bucket(), place.s3.prefix))
    s3_server.copy_objects(place.s3.bucket, copy.s3.bucket, "desk/")  # type: ignore[union-attr]
    Ledger.open_existing(copy).close()
    with pytest.raises(StorageError, match="the settings name s3://no-such-bucket/desk/ledger/"):
        Ledger.open_existing(PostgresPlace(place.conninfo, place.files, no_bucket))


def test_a_store_needs_a_catalog_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_STORAGE", "s3://news/desk")
    with pytest.raises(SettingsError, match=r"^NEWSLEDGER_STORAGE: .*needs NEWSLEDGER_CATALOG"):
        load_settings()
    monkeypatch.setenv("NEWSLEDGER_CATALOG", "postgresql://db.example/news")
    assert str(load_settings().s3) == "s3://news/desk"
    for wrong in ("gs://news", "s3://", "s3://News", "s3://news/a b", "s3://news//desk", "s3://news/pre=fix.1/a_b"):
        monkeypatch.setenv("NEWSLEDGER_STORAGE", wrong)
        with pytest.raises(SettingsError, match=r"^NEWSLEDGER_STORAGE: .*a prefix of A-Z a-z 0-9 \. _ - and"):
            load_settings()


def test_only_a_store_needs_its_packages(tmp_path: Path) -> None:
    code = "import sys; from pipeline.ledger import Ledger; from pipeline.settings import load_settings\n"
    code += "import pipeline.cli.app, pipeline.models, pipeline.backup, pipeline.migration, pipeline.steps.run.stores\n"
    code += "Ledger.open(load_settings().ledger_catalog).close()\n"
    code += "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules or 'duckdb_extension_httpfs' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=os.environ | settings_of(tmp_path / "ledger.sqlite"), check=True)
