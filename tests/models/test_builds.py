"""A build is all or nothing, and so is publishing it, whatever happens meanwhile."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipeline import models
from pipeline.errors import LedgerMissing, ModelsError
from pipeline.events import (
    QuoteExtracted,
)
from pipeline.models import build_file
from pipeline.models.event_tables import in_parts
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.shared_files import shared_files
from tests.models.two_outlets import ALPHA_FEED, FIRE, FIRST_TEXT, Built, first_day, page_of, quote
from tests.worlds.ledgers import empty_ledger, environment_of, settings_at
from tests.worlds.running import tables
from tests.worlds.stored import changed_build
from tests.worlds.stories import (
    annotated,
    append,
    at,
    discovered,
    extracted,
    polled,
)

pytestmark = pytest.mark.slow


def run_python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Another process that runs this code."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def build_elsewhere(
    settings: Settings, until: str, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """A build from an empty file in another process that has got as far as `until` in its log."""
    process = run_python(
        """
        import sys
        from pathlib import Path
        from pipeline import models
        from pipeline.settings import Settings
        print(models.build(Settings(data=Path(sys.argv[1])), models.Refresh.ANEW).head_position)
        """,
        settings.data,
        env={**os.environ, **environment_of(settings.data), **(variables or {})},
    )
    assert process.stdout
    assert any(until in line for line in process.stdout), process.communicate()
    return process


def test_a_build_holds_no_events_recorded_after_it(built: Built) -> None:
    first = tables(built.first_news_file)
    assert sum(len(table) for name, table in first.items() if name.startswith("events.")) == len(first_day())
    assert len(first["main.articles"]) == 1


def test_new_ledger_is_not_mixed_with_the_old_one(settings: Settings) -> None:
    empty_ledger(settings)
    append(
        settings.ledger_catalog,
        [polled(ALPHA_FEED, at(1, 8), status=200, items=0, new_items=0), discovered(FIRE, at(1, 8))],
    )
    models.build(settings)
    published = tables(models.publish(settings))
    assert len(published["events.feed_polled"]) == len(published["events.item_discovered"]) == 1
    assert published["main.articles"] == []


def test_incremental_builds_equal_a_full_one_and_a_broken_file_is_set_aside(settings: Settings, built: Built) -> None:
    settings.build_file.write_bytes(b"not a database " * 1000)
    settings.build_file.with_name("build.duckdb.wal").write_bytes(b"nor a log")
    shared_files(settings).send(settings.build_file)
    with pytest.raises(ModelsError, match="cannot be read"):
        models.publish(settings)
    models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file)
    assert settings.build_file.with_name("build.duckdb.broken").read_bytes().startswith(b"not a database")


def test_a_build_is_continued_unless_its_columns_are_not_the_ledgers(settings: Settings, built: Built) -> None:
    later = (at(5, hour) for hour in range(24))

    def plant(statement: str) -> None:
        with changed_build(settings) as con:
            con.execute("create or replace table main.mark as select 1 as one")
            con.execute(statement)

    def is_continued() -> bool:
        append(settings.ledger_catalog, [polled(ALPHA_FEED, next(later))])
        models.build(settings)
        with duckdb.connect(settings.build_file, read_only=True) as con:
            return "mark" in [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]

    plant("alter table events.feed_polled drop column items_dropped")
    assert not is_continued()
    plant("alter table events.capture_failed alter column attempt type varchar")
    assert not is_continued()
    plant("drop table events.boilerplate_stripped")
    assert is_continued(), "a new event type is read whole"
    with changed_build(settings) as con:
        con.execute("drop table main.mark")
    continued = tables(models.publish(settings))
    with settings.build_file.open("r+b") as file:
        file.seek(-200_000, os.SEEK_END)
        file.write(b"damaged")
    shared_files(settings).send(settings.build_file)
    models.build(settings, models.Refresh.ANEW)  # the cure that `verify` names for this damage
    assert tables(models.publish(settings)) == continued


def test_without_anything_new_nothing_is_built_or_copied(settings: Settings) -> None:
    def files() -> list[tuple[int, int]]:
        return [(path.stat().st_ino, path.stat().st_mtime_ns) for path in (settings.build_file, settings.news_file)]

    models.publish(settings)
    before = files()
    again = models.build(settings)
    models.publish(settings)
    assert (again.models, again.tests, files()) == (0, 0, before)


@pytest.mark.parametrize(
    "changed", [{"annotators": ("rules", "spacy:de_core_news_sm")}, {}], ids=["a setting", "the models"]
)
def test_a_changed_setting_or_model_is_something_new(settings: Settings, changed: dict[str, Any]) -> None:
    if not changed:
        with changed_build(settings) as con:
            con.execute("update build_info set recipe_digest = 'that of other models'")
    assert models.build(settings.model_copy(update=changed)).models > 0


def test_a_killed_build_is_not_published_and_the_next_one_recovers(settings: Settings, built: Built) -> None:
    killed = build_elsewhere(settings, until="article_revisions")
    with pytest.raises(ModelsError, match=r"build\.lock: another build is running"):
        models.publish(settings.model_copy(update={"build_timeout_seconds": 0.01}))
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    unfinished = pytest.raises(ModelsError, match="not finished") if settings.s3 is None else nullcontext()
    with unfinished:  # in the bucket is the build before
        models.publish(settings)
    assert tables(settings.news_file) == tables(built.news_file)

    models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file)


def test_two_builds_take_turns_and_install_nothing(settings: Settings, built: Built, tmp_path: Path) -> None:
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    first = build_elsewhere(settings, until="article_addresses", variables=home)
    second = models.build(settings)
    out, err = first.communicate(timeout=60)
    assert (first.returncode, out.splitlines()[-1], err) == (0, str(second.head_position), "")
    assert second.models == 0, "it had ended before ours began"
    assert list(tmp_path.iterdir()) == []
    assert tables(models.publish(settings)) == tables(built.news_file)


def test_a_failed_test_is_named_and_leaves_no_trace(settings: Settings, built: Built) -> None:
    page = page_of(discovered(FIRE, at(2, 23, 30)), "f1", at(3, 1), 700)
    read = extracted(page, "Fire", "A barn burned.", "extract@10")
    misplaced = quote(read, "A barn", "Nobody", "annotate@11")
    append(settings.ledger_catalog, [
        annotated(read, "annotate@11", quotes=1),
        QuoteExtracted(**{name: getattr(misplaced, name) for name in misplaced.__struct_fields__} | {"text": "A shed"}),
    ])  # fmt: skip
    with pytest.raises(ModelsError, match=r"test quotes_stand_in_the_text failed: .*A shed"):
        models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file), "the file is what it was before the build"


def test_without_a_ledger_there_is_nothing_to_build(tmp_path: Path) -> None:
    settings = settings_at(tmp_path / "data")
    with pytest.raises(LedgerMissing):
        models.build(settings)
    with pytest.raises(ModelsError, match="nothing has been built yet"):
        models.publish(settings)


def test_a_session_on_the_old_file_keeps_working(settings: Settings, built: Built) -> None:
    shutil.copyfile(built.first_news_file, settings.news_file)
    with duckdb.connect(settings.news_file, read_only=True) as old:
        before = old.execute("select count(*) from events.item_discovered").fetchone()
        models.publish(settings)
        assert old.execute("select count(*) from events.item_discovered").fetchone() == before == (1,)
        assert old.execute("select headline, text from articles").fetchall() == [("Bridge shut", FIRST_TEXT)]
    assert tables(settings.news_file) == tables(built.news_file)


def test_the_log_of_a_session_that_wrote_is_not_played_into_the_new_file(settings: Settings, built: Built) -> None:
    writer = run_python(
        """
        import os, sys, duckdb
        con = duckdb.connect(sys.argv[1])
        con.execute("create table mine as select 1 as one")
        os._exit(9)
        """,
        settings.news_file,
    )
    assert writer.wait(60) == 9
    assert settings.news_file.with_name("news.duckdb.wal").exists()
    models.publish(settings)
    assert tables(settings.news_file) == tables(built.news_file)


def test_file_is_complete_at_every_moment_of_publishing(settings: Settings) -> None:
    reader = run_python(
        """
        import sys, duckdb
        print("ready", flush=True)
        for _ in range(25):
            with duckdb.connect(sys.argv[1], read_only=True) as con:
                assert con.execute("select count(*) from build_info").fetchone() == (1,)
                assert con.execute("select count(*) from articles").fetchone() == (2,)
        """,
        settings.news_file,
    )
    assert reader.stdout
    reader.stdout.readline()
    publications = 0
    while reader.poll() is None:
        settings.build_file.touch()
        models.publish(settings)
        publications += 1
    assert (reader.returncode, reader.communicate()[1]) == (0, "")
    assert publications > 1


def test_a_full_disk_keeps_the_published_file(settings: Settings, built: Built) -> None:
    process = run_python(
        """
        import sys
        from pathlib import Path
        from pipeline import models
        from pipeline.errors import StorageError
        from pipeline.settings import Settings
        settings = Settings(data=Path(sys.argv[1]))
        settings.build_file.touch()
        for act in (models.publish, lambda settings: models.build(settings, models.Refresh.ANEW)):
            try:
                act(settings)
            except StorageError as exc:
                print(exc)
        """,
        settings.data,
        env=os.environ | environment_of(settings.data),
        cwd=PROJECT_ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    out, err = process.communicate(timeout=60)
    assert out.count("too large") == 2, out + err
    assert tables(settings.news_file) == tables(built.news_file)
    assert not list(settings.data.glob("*.publishing"))


def test_events_are_inserted_in_parts_that_together_are_all() -> None:
    batches = [pa.record_batch({"position": [n]}) for n in range(5)]
    for size, sizes in ((1, [1] * 5), (9, [2, 2, 1]), (1_000, [5])):
        reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
        parts = [part.read_all()["position"].to_pylist() for part in in_parts(reader, size)]
        assert [number for part in parts for number in part] == [0, 1, 2, 3, 4]
        assert [*map(len, parts)] == sizes


def test_rows_are_compressed_in_small_groups_and_freed_memory_is_given_back(tmp_path: Path) -> None:
    """With DuckDB's defaults, a million articles took 3.3 GB."""
    with build_file.connect(tmp_path / "it's.duckdb") as con:
        con.execute(f"create table numbers as from range({2 * build_file.ROWS_IN_GROUP})")
        assert con.sql("select count(distinct row_group_id) from pragma_storage_info('numbers')").fetchone() == (2,)
    shown = "import os, pipeline; print(os.environ['DUCKDB_JE_MALLOC_CONF'])"
    said, _ = run_python(shown, env={"PATH": os.environ["PATH"]}).communicate()
    assert "dirty_decay_ms:1000" in said
