"""The models say what the events say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from pipeline import models
from pipeline.errors import ModelsError
from pipeline.events import (
    EVENT_TYPES,
    Event,
    Via,
    event_type,
)
from pipeline.ledger import Ledger
from pipeline.ledger.rows import table_schema
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.shared_files import shared_files
from tests.models.two_outlets import BRIDGE, FIRE, LATER, WITH_COMMA, Built, first_day, page_of, quote
from tests.worlds.ledgers import settings_at
from tests.worlds.running import tables
from tests.worlds.stored import changed_build
from tests.worlds.stories import (
    annotated,
    append,
    at,
    captured,
    discovered,
    extracted,
    failed,
)

pytestmark = pytest.mark.slow


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
    with Ledger.open(settings_at(built.kept).ledger_catalog) as ledger:
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


BREAKS = {
    "an id twice": "insert into events.item_discovered select * from events.item_discovered limit 1",
    "a required value is missing": "update events.item_discovered set guid = null",
    "an unknown value of an enum": "update events.item_discovered set via = 'telepathy'",
    "a cause is missing": (
        "delete from events.article_captured where event_id in (select caused_by from events.article_extracted)"
    ),
}


def is_found_invalid(settings: Settings) -> bool:
    try:
        models.build(settings, tested=models.Tested.ALL)
    except ModelsError as exc:
        return "test events_are_valid failed" in str(exc)
    return False


def test_an_event_that_breaks_a_rule_of_its_type_fails_the_build(settings: Settings, built: Built) -> None:
    sound = settings.build_file.read_bytes()
    for name, change in BREAKS.items():
        settings.build_file.write_bytes(sound)
        shared_files(settings).send(settings.build_file)
        with changed_build(settings) as con:
            con.execute(change)
        assert models.build(settings).tests == 0, "a build tests the rows that it has written"
        assert is_found_invalid(settings), name
    with pytest.raises(ModelsError, match=r"not finished|nothing has been built yet"):
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
