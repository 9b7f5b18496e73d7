"""Maintenance makes the ledger's files few, changes nothing that was recorded, and disturbs no run beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline import models
from pipeline.errors import LedgerLocked, NewsledgerError
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.log import utc_now
from pipeline.orchestrate import verify_stores
from pipeline.places import LedgerPlace
from pipeline.steps.maintain import delete_superseded, merge_files, prune
from pipeline.steps.run.progress import Progress
from pipeline.verification.remembered import last_verification
from tests.worlds.ledgers import environment_of, settings_at
from tests.worlds.running import newsledger
from tests.worlds.stored import archive_file, stored_files
from tests.worlds.stories import item
from tests.worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

DAY = timedelta(days=1)


def fill(ledger: Ledger, run: Run, appends: int = 12) -> None:
    for n in range(appends):
        ledger.append([item(f"{n}-{k}") for k in range(3)], run)


def parquet_files(data: Path) -> list[str]:
    return [name for name in stored_files(settings_at(data)) if name.endswith(".parquet")]


def test_small_files_are_merged_and_what_they_held_is_all_there(ledger: Ledger, run: Run) -> None:
    fill(ledger, run)
    before, head = ledger.table("select * from ledger.item_discovered order by position"), ledger.head()
    merging = merge_files(ledger)
    assert merging.before.files - merging.after.files == 11
    assert merging.after.bytes < merging.before.bytes
    assert ledger.table("select * from ledger.item_discovered order by position") == before
    assert ledger.head() == head
    assert verify(ledger).findings == ()
    assert merge_files(ledger).after == merging.after, "nothing is left to be merged"
    ledger.append([item("later")], run)
    assert verify(ledger).findings == ()


def test_merging_ends_beside_runs_that_append_as_fast_as_it_merges(ledger: Ledger, run: Run) -> None:
    fill(ledger, run, appends=4)
    seen: list[Progress] = []

    def append(progress: Progress) -> None:
        seen.append(progress)
        assert len(seen) < 4, "each merge finds what was appended during the one before"
        for n in range(2):
            ledger.append([item(f"beside-{len(seen)}-{n}")], run)

    merge_files(ledger, append)
    assert verify(ledger).findings == ()


def test_replaced_files_are_kept_for_a_day_for_their_readers(ledger: Ledger, tmp_path: Path, run: Run) -> None:
    fill(ledger, run)
    merge_files(ledger)
    files = parquet_files(tmp_path)
    assert delete_superseded(ledger, utc_now()) == 0
    assert parquet_files(tmp_path) == files
    assert delete_superseded(ledger, utc_now() + 2 * DAY) == 12
    assert len(parquet_files(tmp_path)) == len(files) - 12
    assert verify(ledger).findings == ()


def test_every_earlier_state_can_still_be_asked_for(ledger: Ledger, run: Run) -> None:
    fill(ledger, run)
    ((snapshot,),) = ledger.table("select max(snapshot_id) - 4 from ducklake_snapshots('ledger')").to_pydict().values()
    then = f"select count(*) as n from ledger.item_discovered at (version => {snapshot})"
    before = ledger.table(then)
    merge_files(ledger)
    delete_superseded(ledger, utc_now() + 2 * DAY)
    assert ledger.table(then) == before
    assert 0 < before["n"][0].as_py() < 36


def test_files_of_killed_appends_are_deleted_when_nobody_can_be_writing_them(
    ledger: Ledger, tmp_path: Path, run: Run
) -> None:
    fill(ledger, run, appends=2)
    files, orphan = stored_files(settings_at(tmp_path)), "ledger/main/item_discovered/ducklake-orphan.parquet"
    files[orphan] = files[parquet_files(tmp_path)[0]]
    assert delete_superseded(ledger, utc_now()) == 0
    assert orphan in files, "it is too young"
    assert delete_superseded(ledger, utc_now() + 2 * DAY) == 1
    assert orphan not in files
    assert verify(ledger).findings == ()


def test_a_locked_ledger_is_not_touched(ledger: Ledger, catalog: LedgerPlace, run: Run) -> None:
    fill(ledger, run, appends=2)
    with (
        Ledger.open(catalog, lock_timeout_seconds=0.01) as impatient,
        catalog_at(catalog).exclusive(1),
        pytest.raises(LedgerLocked),
    ):
        merge_files(impatient)


WRITER = """
import sys
from pipeline.ledger import Ledger, Run
from pipeline.settings import load_settings
from tests.worlds.stories import item

with Ledger.open(load_settings().ledger_catalog) as ledger:
    for n in range(100_000):
        ledger.append([item(f"{sys.argv[1]}-{n}-{k}") for k in range(4)], Run("writer"))
        read = ledger.table("select * from ledger.item_discovered")  # as a run does between its appends
        positions = sorted(read["position"].to_pylist())
        assert positions == list(range(1, len(positions) + 1)), positions[-9:]
        print(len(positions), flush=True)
"""


@pytest.fixture
def writers(catalog: LedgerPlace, tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that append and read until they are killed, and say how many events they see."""
    Ledger.open(catalog).close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name],
            env=os.environ | environment_of(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_appends_go_on_beside_maintenance_and_nothing_is_lost(
    catalog: LedgerPlace, writers: list[subprocess.Popen[str]]
) -> None:
    """Two processes append the whole time, and are killed in mid work."""
    with Ledger.open(catalog) as ledger:
        merged = rounds = 0
        while rounds < 4 or (merged < 2 and rounds < 40):  # how much there is to merge depends on the writers' speed
            rounds += 1
            for writer in writers:
                assert writer.stdout
                assert writer.stdout.readline(), writer.communicate()[1]
            steps: list[Progress] = []
            merge_files(ledger, steps.append)
            merged += sum(step.done > 0 for step in steps[-1:])
            delete_superseded(ledger, utc_now() + DAY - timedelta(seconds=30))  # what was replaced half a minute ago
        for writer in writers:
            assert writer.poll() is None, writer.communicate()[1]
            writer.kill()
            writer.communicate()
        assert merged > 1
        assert verify(ledger).findings == ()
        (row,) = ledger.table(
            "select count(*) as n, count(distinct event_id) as ids, max(position) as last from ledger.item_discovered"
        ).to_pylist()
        assert row["n"] == row["ids"] == row["last"] == ledger.head()[0]


# ---- what is left over


def age(path: Path, now: datetime, by: timedelta) -> None:
    moment = (now - by).timestamp()
    os.utime(path, (moment, moment))


def test_what_killed_builds_have_left_is_deleted(tmp_path: Path) -> None:
    settings, now = settings_at(tmp_path), utc_now()
    left = [tmp_path / "news.duckdb.publishing", tmp_path / "build.duckdb.broken"]
    kept = [tmp_path / "news.duckdb", tmp_path / "build.duckdb", tmp_path / "mine.csv"]
    for path in (*left, *kept):
        path.write_bytes(b"x")
    spilled = tmp_path / "build.duckdb.tmp"
    spilled.mkdir()
    (spilled / "duckdb_temp_storage_0.tmp").write_bytes(b"x")
    assert models.prune(settings, now) == [left[0], spilled], "a broken file is kept for a while"
    age(left[1], now, 8 * DAY)
    assert models.prune(settings, now) == [left[1]]
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == sorted(p.name for p in kept)


def test_hosts_that_nobody_has_asked_for_long_are_forgotten(tmp_path: Path) -> None:
    settings, now = settings_at(tmp_path), utc_now()
    settings.host_folder.mkdir()
    names = (
        "old.example.json",
        "old.example.1.slot",
        "old.example.lock",
        "old.example.org.json",
        "old.example.org.1.slot",
    )
    for name in names:
        (settings.host_folder / name).touch()
    age(settings.host_folder / "old.example.json", now, 31 * DAY)
    forgotten = prune(settings, now)
    assert sorted(path.name for path in forgotten) == ["old.example.1.slot", "old.example.json"]
    assert len(list(settings.host_folder.iterdir())) == len(names) - 2


def test_slices_of_news_files_are_kept_for_a_month(tmp_path: Path) -> None:
    settings, now = settings_at(tmp_path), utc_now()
    folder = settings.cc_news_folder / "0123456789ab"
    folder.mkdir(parents=True)
    for name in ("old.warc.gz", "old.warc.gz.lock", "broken.warc.gz.part", "new.warc.gz"):
        (folder / name).touch()
        if not name.startswith("new"):
            age(folder / name, now, 31 * DAY)
    assert sorted(path.name for path in prune(settings, now)) == ["broken.warc.gz.part", "old.warc.gz"]
    assert sorted(path.name for path in folder.iterdir()) == ["new.warc.gz", "old.warc.gz.lock"]


def test_what_a_killed_verification_was_writing_is_deleted(tmp_path: Path) -> None:
    settings, now = settings_at(tmp_path), utc_now()
    files = [tmp_path / name for name in ("verified.json", "verified.json.1", "checkpoint.json.2", "checkpoint.json.3")]
    for path in files:
        path.touch()
    for path in files[:3]:
        age(path, now, 2 * DAY)
    assert prune(settings, now) == files[1:3]


# ---- the command


def test_the_command_does_it_all_and_says_so(world: World) -> None:
    world.collect()
    done = newsledger("maintain", "--data", world.settings.data)
    assert done.returncode == 0, done.stderr
    assert "events verified" in done.stdout
    assert "anchored in" in done.stdout
    sound = last_verification(world.settings)
    assert sound is not None
    assert (sound.records, sound.findings) == (3, 0)
    del stored_files(world.settings)[archive_file(world.settings)]
    broken = newsledger("maintain", "--data", world.settings.data)
    assert broken.returncode == 1
    assert "no such file" in broken.stderr
    damaged = last_verification(world.settings)
    assert damaged is not None
    assert damaged.verified_at > sound.verified_at
    assert damaged.first_finding is not None and "no such file" in damaged.first_finding
    nowhere = newsledger("maintain", "--data", world.settings.data / "nowhere")
    assert nowhere.returncode == 1
    assert "no ledger here" in nowhere.stderr


def test_the_weekly_task_is_remembered_also_if_it_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(world.settings.data).items():
        monkeypatch.setenv(name, value)
    world.collect()
    verify_stores()
    sound = last_verification(world.settings)
    assert sound is not None and sound.findings == 0
    del stored_files(world.settings)[archive_file(world.settings)]
    with pytest.raises(NewsledgerError, match="no such file"):
        verify_stores()
    damaged = last_verification(world.settings)
    assert damaged is not None and damaged.findings == 1
