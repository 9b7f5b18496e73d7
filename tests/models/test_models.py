"""The models say what the events say, a build is all or nothing, and publishing disturbs nobody."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipeline import models
from pipeline.errors import LedgerMissing, ModelsError
from pipeline.events import (
    EVENT_TYPES,
    Access,
    ArticleCaptured,
    ArticleExtracted,
    BackfillFinished,
    Event,
    HistoryRead,
    ItemDiscovered,
    PollOutcome,
    QuoteExtracted,
    RunFailed,
    Via,
    WarcType,
    event_type,
)
from pipeline.ledger import Ledger
from pipeline.ledger.rows import table_schema
from pipeline.settings import PROJECT_ROOT, Settings
from tests.worlds.ledgers import NewData
from tests.worlds.running import tables
from tests.worlds.stories import (
    annotated,
    append,
    at,
    captured,
    discovered,
    extracted,
    failed,
    polled,
    quoted,
    stripped,
    unreadable,
)

pytestmark = pytest.mark.slow

BRIDGE = "https://alpha.example/bridge"
FIRE = "https://beta.example/fire"
WALL = "https://beta.example/wall"
LATER = "https://beta.example/later"
VIDEO = "https://beta.example/video"
ALPHA_FEED = "https://alpha.example/feed"
BETA_FEED = "https://beta.example/feed"

FIRST_TEXT = "The bridge is closed."
WITHOUT_COMMA = "Cafe\u0301 \U0001f309 owners wait. “It will open soon” said Ms Weber. “Not today” said Mr Otto."
WITH_COMMA = "Cafe\u0301 \U0001f309 owners wait. “It will open soon”, said Ms Weber. “Not today” said Mr Otto."


def page_of(cause: ItemDiscovered | ArticleCaptured, payload: str, when: datetime, offset: int) -> ArticleCaptured:
    return captured(cause, payload, when, warc_offset=offset)


def quote(read: ArticleExtracted, words: str, speaker: str, producer: str) -> QuoteExtracted:
    return quoted(read, words, producer, speaker=speaker, person=f"Full {speaker}", cue="said")


def first_day() -> list[Event]:
    """The bridge closes: one article, a failed capture, two readings."""
    found = discovered(BRIDGE, at(1, 8), published_at=at(1, 7))
    opened = page_of(found, "p1", at(1, 9), 100)
    renamed = page_of(opened, "p2", at(1, 10), 200)
    return [
        polled(ALPHA_FEED, at(1, 8), status=200, items=1, new_items=1),
        found,
        failed(found, "timeout", at(1, 8, 30), will_retry=True),
        opened,
        renamed,
        extracted(opened, "Bridge closed", "Caption. " + FIRST_TEXT, "extract@1"),
        extracted(opened, "Bridge closed", "Video. " + FIRST_TEXT, "extract@2"),
        extracted(renamed, "Bridge shut", FIRST_TEXT, "extract@2"),
    ]


def later_days() -> list[Event]:
    """The bridge's article goes back, then changes by a comma; the second outlet appears, a page of it goes."""
    found = discovered(BRIDGE, at(1, 8), published_at=at(1, 7))
    opened = page_of(found, "p1", at(1, 9), 100)
    renamed = page_of(opened, "p2", at(1, 10), 200)
    back = captured(renamed, "p1", at(1, 11), warc_type=WarcType.REVISIT, warc_offset=300)
    longer = page_of(back, "p3", at(1, 12), 400)
    comma = page_of(longer, "p4", at(1, 13), 500)
    other_advertisement = page_of(comma, "p5", at(2, 13), 600)
    longer_read = extracted(longer, "Bridge closed", WITHOUT_COMMA, "extract@10")
    comma_read = extracted(comma, "Bridge closed", WITH_COMMA, "extract@10", section="City", access=Access.OPEN)
    last_read = extracted(
        other_advertisement, "Bridge closed", WITH_COMMA, "extract@10", section="Region", access=Access.METERED
    )

    fire = discovered(FIRE, at(2, 23, 30))
    fire_page = page_of(fire, "f1", at(3, 1), 700)
    fire_read = extracted(fire_page, "Fire", "A barn burned.", "extract@10", language="en")
    wall, waits, video = (
        discovered(WALL, at(2, 9), via=Via.SITEMAP),
        discovered(LATER, at(3, 9)),
        discovered(VIDEO, at(2, 9)),
    )
    video_page = page_of(video, "v1", at(2, 10), 800)
    return [
        polled(ALPHA_FEED, at(2, 8), PollOutcome.NOT_MODIFIED, status=304),
        polled(ALPHA_FEED, at(3, 8), PollOutcome.FAILED, reason="timeout"),
        polled(ALPHA_FEED, at(4, 8), PollOutcome.GONE, status=410, reason="gone"),
        polled(BETA_FEED, at(2, 9), status=200, items=3, new_items=3),
        polled(BETA_FEED, at(3, 9), status=200, items=4, new_items=1, overlap=True),
        polled(
            BETA_FEED, at(4, 9), status=200, items=2, new_items=0, overlap=False, gap_from=at(3, 9), gap_to=at(4, 7)
        ),
        discovered(BRIDGE, at(2, 8), published_at=at(1, 7), summary="Changed", supersedes=found.event_id),
        fire, wall, waits, video,
        back, longer, comma, other_advertisement,
        extracted(opened, "Bridge closed", FIRST_TEXT, "extract@10"),
        extracted(renamed, "Bridge shut", FIRST_TEXT, "extract@10"),
        longer_read, comma_read, last_read,
        annotated(comma_read, "annotate@9", quotes=2),
        quote(comma_read, "It will open soon", "Ms Weber", "annotate@9"),
        quote(comma_read, "Not today", "Mr Otto", "annotate@9"),
        annotated(comma_read, "annotate@10", quotes=1),
        quote(comma_read, "It will open soon", "Ms Weber", "annotate@10"),
        annotated(longer_read, "annotate@10", quotes=1),
        quote(longer_read, "It will open soon", "Ms Weber", "annotate@10"),
        stripped(comma_read, 1, "video_caption"),
        stripped(comma_read, 2, "newsletter"),
        fire_page, fire_read,
        annotated(fire_read, "annotate@10", quotes=0),
        failed(fire, "http_5xx", at(4, 0), status=503, will_retry=True),
        failed(fire, "gone", at(4, 1), attempt=2, status=410, will_retry=False),
        failed(fire, "gone", at(5, 1), attempt=3, status=410, will_retry=False),
        failed(wall, "robots", at(2, 10), will_retry=False),
        video_page,
        unreadable(video_page, "extract@10"),
        RunFailed(
            stream="run:ingest_daily/manual", occurred_at=at(4, 2), producer="airflow@1", dag_id="ingest_daily",
            task_id="collect", map_index=0, label="beta", try_number=3, error="LedgerLocked: try again",
        ),
        HistoryRead(
            stream="history:beta", occurred_at=at(4, 3), producer="recover@1", source_id="beta", via=Via.SITEMAP,
            url="https://beta.example/sitemap.xml", interval_start=at(2, 0), interval_end=at(3, 0), entries=4,
            matches=1, new_items=1,
        ),
        BackfillFinished(
            stream="backfill:beta", occurred_at=at(4, 4), producer="backfill@1", source_id="beta",
            interval_start=at(2, 0), interval_end=at(3, 0), started_at=at(4, 2), known=2, found=1, recovered=0,
            replayed=1, unchanged=0, lost=1, waiting=1,
        ),
    ]  # fmt: skip


# ---- what is built once


@dataclass(frozen=True)
class Built:
    settings: Settings
    first: models.BuildResult
    second: models.BuildResult
    first_news_file: Path
    """What was published after the first day."""
    kept: Path
    """The data directory as it was then; tests change the one in `settings`."""

    @property
    def news_file(self) -> Path:
        return self.kept / "news.duckdb"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, new_data: NewData) -> Built:
    """Built and published after the first day, then after the later ones."""
    folder = tmp_path_factory.mktemp("it's a newsroom")
    settings = new_data(folder / "data")
    append(settings.ledger_catalog, first_day())
    first = models.build(settings)
    first_news_file = folder / "first.duckdb"
    shutil.copyfile(models.publish(settings), first_news_file)
    append(settings.ledger_catalog, later_days())
    second = models.build(settings)
    models.publish(settings)
    shutil.copytree(settings.data, folder / "kept")
    return Built(settings, first, second, first_news_file, folder / "kept")


@pytest.fixture(scope="module")
def news(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """A stock DuckDB session on the published file, as an analyst has it."""
    with duckdb.connect(built.news_file, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con


@pytest.fixture
def settings(built: Built) -> Settings:
    """A fresh copy of the built data directory, always at the same path: dbt would parse again at another one."""
    shutil.rmtree(built.settings.data)
    shutil.copytree(built.kept, built.settings.data)
    return built.settings


def run_python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Another process that runs this code."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def build_elsewhere(settings: Settings, until: str, **options: Any) -> subprocess.Popen[str]:
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
        **options,
    )
    assert process.stdout
    assert any(until in line for line in process.stdout), process.communicate()
    return process


# ---- what the models say


def test_articles_read_as_their_newest_revision(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select url, source_id, headline, text, section, access, language, published_at, first_seen_at, captured_at,
            last_seen_at, revised_at, gone_at, revision_count, word_count, quote_count
        from articles order by url
    """).fetchall()
    assert found == [
        (BRIDGE, "alpha", "Bridge closed", WITH_COMMA, "Region", "metered", "en", at(1, 7), at(1, 8), at(1, 9),
         at(2, 13), at(1, 13), None, 5, 16, 1),
        (FIRE, "beta", "Fire", "A barn burned.", None, "open", "en", None, at(2, 23, 30), at(3, 1),
         at(3, 1), None, at(4, 1), 1, 3, 0),
    ]  # fmt: skip


def test_revisions_tell_a_change_back_from_an_unchanged_page(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select revision_no, captured_at, last_seen_at, captures, headline, previous_headline, headline_changed,
            lead_changed, text_changed, correction_changed, producer_changed, producer
        from article_revisions where url = ? order by revision_no
    """, [BRIDGE]).fetchall()  # fmt: skip
    unchanged = (False, False, "extract@10")
    assert found == [
        (1, at(1, 9), at(1, 9), 1, "Bridge closed", None, False, False, False, *unchanged),
        (2, at(1, 10), at(1, 10), 1, "Bridge shut", "Bridge closed", True, False, False, *unchanged),
        (3, at(1, 11), at(1, 11), 1, "Bridge closed", "Bridge shut", True, False, False, *unchanged),
        (4, at(1, 12), at(1, 12), 1, "Bridge closed", "Bridge closed", False, False, True, *unchanged),
        (5, at(1, 13), at(2, 13), 2, "Bridge closed", "Bridge closed", False, False, True, *unchanged),
    ]


def test_new_correction_is_a_revision_and_new_reader_is_no_change(settings: Settings) -> None:
    found = discovered(FIRE, at(2, 23, 30))
    page = page_of(found, "f1", at(3, 1), 700)
    corrected = page_of(page, "f2", at(6, 1), 900)
    reread = page_of(corrected, "f3", at(7, 1), 950)
    note = "A shed burned, not a barn."
    append(settings.ledger_catalog, [
        corrected, extracted(corrected, "Fire", "A barn burned.", "extract@10", correction=note),
        reread, extracted(reread, "Fire", "A shed burned.", "extract@11", correction=note),
    ])  # fmt: skip
    models.build(settings, models.Refresh.ANEW)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        revisions = con.execute("""
            select revision_no, text_changed, correction, correction_changed, producer_changed
            from article_revisions where url = ? order by revision_no
        """, [FIRE]).fetchall()  # fmt: skip
        article = con.execute(
            "select gone_at, quote_count, revised_at, captured_at from articles where url = ?", [FIRE]
        ).fetchone()
    assert revisions == [
        (1, False, None, False, False),
        (2, False, note, True, False),
        (3, True, note, False, True),
    ]
    assert article == (None, None, at(7, 1), at(3, 1)), "it is back, and has not been annotated since"


def test_the_feeds_own_text_stands_in_until_a_page_is_read(settings: Settings) -> None:
    found = discovered(LATER, at(3, 9))
    gone = failed(found, "gone", at(4, 1), status=410, will_retry=False)
    in_feed = captured(found, "l1", at(4, 1), Via.FEED, warc_offset=700)
    read = extracted(in_feed, "Later", "“Soon” said Ms Weber.", "extract@10")
    append(settings.ledger_catalog, [
        gone, in_feed, read, annotated(read, "annotate@10", quotes=1), quote(read, "Soon", "Ms Lang", "annotate@10"),
    ])  # fmt: skip
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        article = con.execute("select via, text, gone_at from articles where url = ?", [LATER]).fetchall()
        quoted = con.execute("select text, warc_offset from quotes where url = ?", [LATER]).fetchall()
        who = con.execute((PROJECT_ROOT / "sql/queries/who_said_what.sql").read_text("utf-8")).fetchall()
    assert article == [("feed", "“Soon” said Ms Weber.", at(4, 1))]
    assert quoted == [("Soon", 700)]
    assert ("Full Ms Lang", 1, 1, 1, "Soon", None) in [row[:6] for row in who], "said in an article without a date"

    page = page_of(discovered(LATER, at(5, 9), supersedes=found.event_id), "l2", at(5, 10), 800)
    append(settings.ledger_catalog, [
        discovered(LATER, at(5, 9), supersedes=found.event_id), page,
        extracted(page, "Later", "“Soon”, said Ms Weber.", "extract@10"),
    ])  # fmt: skip
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        revisions = con.execute(
            "select revision_no, via, text_changed from article_revisions where url = ?", [LATER]
        ).fetchall()
        articles = con.execute("select via, text, gone_at from articles where url = ?", [LATER]).fetchall()
    assert revisions == [(1, "live", False)], "the outlet has changed nothing"
    assert articles == [("live", "“Soon”, said Ms Weber.", None)]


def test_quotes_lead_to_the_archived_bytes(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select url, headline, person, speaker, cue, text, start_char, end_char, producer, revision_no,
            warc_file, warc_offset, warc_length
        from quotes
    """).fetchall()
    start = WITH_COMMA.index("It will open soon")
    assert found == [
        (BRIDGE, "Bridge closed", "Full Ms Weber", "Ms Weber", "said", "It will open soon", start, start + 17,
         "annotate@10", 5, "2026/03/01/a.warc.gz", 500, 100),
    ]  # fmt: skip


def test_feed_health_counts_failures_since_the_last_success(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select source_id, last_polled_at, last_outcome, last_reason, last_status, polls, failures_in_a_row,
            last_success_at, last_items, last_new_items, last_new_item_at, gaps, last_gap_from, last_gap_to, retired
        from feed_health order by source_id
    """).fetchall()
    assert found == [
        ("alpha", at(4, 8), "gone", "gone", 410, 4, 2, at(2, 8), 1, 1, at(1, 8), 0, None, None, True),
        ("beta", at(4, 9), "ok", None, 200, 3, 0, at(4, 9), 2, 0, at(3, 9), 1, at(3, 9), at(4, 7), False),
    ]


def test_coverage_adds_up_by_day(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select source_id, day, sightings, seen, captured, failed, pending, extracted, unreadable
        from coverage_ledger where sightings > 0 order by source_id, day
    """).fetchall()
    assert found == [
        ("alpha", date(2026, 3, 1), 1, 1, 1, 0, 0, 1, 0),
        ("beta", date(2026, 3, 2), 3, 3, 2, 1, 0, 1, 1),
        ("beta", date(2026, 3, 3), 1, 1, 0, 0, 1, 0, 0),
    ]


def test_build_info_names_the_cut(built: Built, news: duckdb.DuckDBPyConnection) -> None:
    with Ledger.open(built.kept / "ledger.sqlite") as ledger:
        position, _, head_digest = ledger.head()
    assert news.execute("select head_position, head_digest from build_info").fetchall() == [(position, head_digest)]
    assert (built.first.head_position, built.second.head_position) == (len(first_day()), position)
    assert built.second.models == len(list((PROJECT_ROOT / "sql/models/marts").glob("*.sql"))) - 3, (
        "three are ephemeral"
    )
    assert built.second.tests > 50


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=event_type)
def test_event_models_have_the_columns_of_their_type(cls: type[Event], news: duckdb.DuckDBPyConnection) -> None:
    name = event_type(cls)
    empty = duckdb.from_arrow(table_schema(cls).empty_table())
    model = news.table(f"events.{name}")
    assert list(zip(model.columns, model.types, strict=True)) == list(zip(empty.columns, empty.types, strict=True))


def test_a_mart_has_the_columns_that_are_described_in_this_order(news: duckdb.DuckDBPyConnection) -> None:
    files = (PROJECT_ROOT / "sql/models/marts").glob("*.yml")
    described = {
        model["name"]: [column["name"] for column in model["columns"]]
        for path in files
        for model in yaml.safe_load(path.read_text("utf-8"))["models"]
    }
    marts = news.execute("select table_name from information_schema.tables where table_schema = 'main'").fetchall()
    tables = {mart: news.sql(f"from {mart}").columns for (mart,) in marts if mart != "build_info"}
    assert len(tables) > 10
    assert {mart: described[mart] for mart in tables} == tables


def test_every_table_and_every_column_of_a_mart_has_a_comment(news: duckdb.DuckDBPyConnection) -> None:
    silent = news.execute("""
        select table_name from duckdb_tables() where comment is null
        union all
        select view_name from duckdb_views() where not internal and comment is null
        union all
        select table_name || '.' || column_name from duckdb_columns()
        where schema_name = 'main' and not internal and comment is null
    """).fetchall()
    assert silent == []


@pytest.mark.parametrize(
    "change",
    [
        "insert into events.item_discovered select * from events.item_discovered limit 1",
        "update events.item_discovered set guid = null",
        "update events.item_discovered set via = 'telepathy'",
        "delete from events.article_captured where event_id in (select caused_by from events.article_extracted)",
    ],
    ids=["an id twice", "a required value is missing", "an unknown value of an enum", "a cause is missing"],
)
def test_an_event_that_breaks_a_rule_of_its_type_fails_the_build(settings: Settings, built: Built, change: str) -> None:
    with duckdb.connect(settings.build_file) as con:
        con.execute(change)
    assert models.build(settings).tests == 0, "a build tests the rows that it has written"
    with pytest.raises(ModelsError, match=r"test events_are_valid failed"):
        models.build(settings, tested=models.Tested.ALL)
    with pytest.raises(ModelsError, match="not finished"):
        models.publish(settings)
    models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file), "the next build starts over"


def test_no_number_is_wider_than_a_client_can_read(news: duckdb.DuckDBPyConnection) -> None:
    wide = news.execute(
        "select table_name, column_name from duckdb_columns() where data_type like '%HUGEINT%'"
    ).fetchall()
    assert wide == []


@pytest.mark.parametrize("query", sorted((PROJECT_ROOT / "sql/queries").glob("*.sql")), ids=lambda path: path.stem)
def test_analysts_queries_run_on_the_published_file(query: Path, news: duckdb.DuckDBPyConnection) -> None:
    """What they answer is tested where the data is that they ask for, most of it in tests/cli/test_queries.py."""
    text = query.read_text("utf-8")
    assert text.startswith("-- ") and text.partition("\n")[0].endswith((".", "?")), "the list shows the first line"
    news.execute(text).fetchall()


# ---- building


def test_a_build_holds_no_events_recorded_after_it(built: Built) -> None:
    first = tables(built.first_news_file)
    assert sum(len(table) for name, table in first.items() if name.startswith("events.")) == len(first_day())
    assert len(first["main.articles"]) == 1


def test_new_ledger_is_not_mixed_with_the_old_one(settings: Settings) -> None:
    settings.local_catalog.unlink()
    settings.local_catalog.with_suffix(".sqlite-wal").unlink(missing_ok=True)
    shutil.rmtree(settings.local_catalog.with_suffix(""))
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
    with pytest.raises(ModelsError, match="cannot be read"):
        models.publish(settings)
    models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file)
    assert settings.build_file.with_name("build.duckdb.broken").read_bytes().startswith(b"not a database")


def test_a_build_is_continued_unless_its_columns_are_not_the_ledgers(settings: Settings, built: Built) -> None:
    later = (at(5, hour) for hour in range(24))

    def plant(statement: str) -> None:
        with duckdb.connect(settings.build_file) as con:
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
    with duckdb.connect(settings.build_file) as con:
        con.execute("drop table main.mark")
    continued = tables(models.publish(settings))
    models.build(settings, models.Refresh.ANEW)
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
        with duckdb.connect(settings.build_file) as con:
            con.execute("update build_info set recipe_digest = 'that of other models'")
    assert models.build(settings.model_copy(update=changed)).models > 0


def test_a_killed_build_is_not_published_and_the_next_one_recovers(settings: Settings, built: Built) -> None:
    killed = build_elsewhere(settings, until="article_revisions")
    with pytest.raises(ModelsError, match=r"build\.lock: another build is running"):
        models.publish(Settings(data=settings.data, build_timeout_seconds=0.01))
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    with pytest.raises(ModelsError, match="not finished"):
        models.publish(settings)
    assert tables(settings.news_file) == tables(built.news_file)

    models.build(settings)
    assert tables(models.publish(settings)) == tables(built.news_file)


def test_two_builds_take_turns_and_install_nothing(settings: Settings, built: Built, tmp_path: Path) -> None:
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    first = build_elsewhere(settings, until="article_addresses", env=os.environ | home)
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
    settings = Settings(data=tmp_path / "data")
    with pytest.raises(LedgerMissing):
        models.build(settings)
    with pytest.raises(ModelsError, match="nothing has been built yet"):
        models.publish(settings)


# ---- publishing


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
        for _ in range(60):
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
        cwd=PROJECT_ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    out, err = process.communicate(timeout=60)
    assert out.count("too large") == 2, out + err
    assert tables(settings.news_file) == tables(built.news_file)
    assert not list(settings.data.glob("*.publishing"))
