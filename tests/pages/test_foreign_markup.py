"""Whatever an outlet writes stays text: markup in every text column of the published file is escaped on every page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import duckdb
import msgspec
import pytest
from lxml import etree

from pipeline.events import EVENT_TYPES
from pipeline.pages.wording import LANGUAGES, filters
from pipeline.translatable import phrase
from tests.pages.serving import parsed, served
from tests.worlds.running import Demo, newsledger

pytestmark = pytest.mark.slow
PREFIX = "javascript:alert(1)//"
"""What addresses begin with; other columns keep what they have."""
UNSEEN = "\u202e\x9b\x01\u2067"
"""Characters that turn the line around or control a terminal. XML has no \\x01, so the feed must replace it."""
CLOSED = re.compile(
    r"ok|not_modified|live|feed|response|revisit|resource|exact|open|metered|paywalled|direct|indirect|headline|lead|text|"
    r"unchanged|changed|missing|person|organisation|place|captured|captured_from_feed|failed|pending|extracted|unreadable|"
    r"awaiting_extraction|normal|quiet|surge|unknown|substance|cosmetic|correction|reader|insert|delete|replace"
)
"""Values that we and not the outlets write: pages decide by them what to show."""


KEYS = {"source_id": 1000, "run_id": 1002, "quotes.person": 1001, "mentions.name": 1001, "persons.name": 1001}
"""Columns that pages join or look up; they have one mark."""


class Column(NamedTuple):
    table: str
    name: str
    type: str


class Hostile(NamedTuple):
    pages: Mapping[str, str]
    feeds: Mapping[str, str]
    """The feed of changes, and what `newsledger export` writes."""
    columns: Mapping[int, Column]


def mark(number: int) -> str:
    return f"""'"></title></script><x-{number}- onload=alert(1)>&amp;{{{{7*7}}}}{UNSEEN}"""


@pytest.fixture(scope="module")
def hostile(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    """A report in German on, and some live pages in English of, a file with markup in all its texts."""
    folder = tmp_path_factory.mktemp("hostile")
    data = folder / "data"
    data.mkdir()
    shutil.copyfile(demo.data / "news.duckdb", data / "news.duckdb")
    with duckdb.connect(data / "news.duckdb") as con:
        con.execute("set timezone = 'UTC'")
        columns = dict(enumerate(text_columns(con)))
        fill_empty_tables(con)
        for number, column in columns.items():
            key = mark(KEYS.get(f"{column.table.partition('.')[2]}.{column.name}", KEYS.get(column.name, number)))
            con.execute(f"update {column.table} set {column.name} = {injected(column)}", {"mark": key})
    days = ("--from", "2026-03-04")
    done = newsledger("report", "--data", data, "-o", folder / "report", "--words", "de", *days)
    assert done.returncode == 0, done.stderr
    pages = {str(path): path.read_text("utf-8") for path in (folder / "report").rglob("*.html")}
    assert all('<html lang="de">' in page for page in pages.values())
    with served(data) as browser:
        for address in ("/", "/changes", "/voices", "/articles", "/search", "/runs", "/backfills"):
            pages[f"live {address}"] = browser.get(address).text
            assert 'lang="en"' in pages[f"live {address}"]
        for link in parsed(pages["live /articles"]).xpath("//tbody//a/@href")[:8]:
            address = urldefrag(urljoin("/articles", link)).url
            answer = browser.get(address)
            assert answer.status == 200, address
            pages[f"live {address}"] = answer.text
    feeds = {"changes.atom": (folder / "report" / "changes.atom").read_text("utf-8")}
    for form in ("rss", "atom", "json-feed"):
        done = newsledger("export", "articles", "--format", form, "--data", data)
        assert done.returncode == 0, done.stderr
        feeds[form] = done.stdout
    return Hostile(pages, feeds, columns)


def text_columns(con: duckdb.DuckDBPyConnection) -> Iterator[Column]:
    """Those whose values are not all of ours; a column without values counts as an outlet's."""
    found = con.sql(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where table_name in (select table_name from duckdb_tables()) and not internal order by all"
    ).fetchall()
    for column in map(Column._make, found):
        if column.type == "VARCHAR":
            values = con.sql(f"select distinct {column.name} from {column.table} where {column.name} is not null")
        elif column.type == "VARCHAR[]":
            values = con.sql(f"select distinct unnest({column.name}) from {column.table}")
        elif column.type.startswith("STRUCT") and "VARCHAR" in column.type:
            yield column
            continue
        else:
            continue
        known = values.fetchall()
        if not known or not all(CLOSED.fullmatch(value) for (value,) in known):
            yield column


def injected(column: Column) -> str:
    """The column's value with the mark, which is a parameter."""
    name = column.name
    if column.type == "VARCHAR[]":
        return f"list_transform(coalesce({name}, ['x']), lambda each: each || $mark)"
    if column.type.startswith("STRUCT"):
        fields = re.findall(r'[(,] ?"?(\w+)"? ([A-Z]+)', column.type)
        texts = {field for field, kind in fields if kind == "VARCHAR"} - {"part", "op", "kind"}
        is_list = column.type.endswith("[]")
        struct = "each" if is_list else name
        values = ((field, f"{struct}.{field}" + " || $mark" * (field in texts)) for field, _ in fields)
        marked = "{" + ", ".join(f"'{field}': {value}" for field, value in values) + "}"
        return f"list_transform({name}, lambda each: {marked})" if is_list else marked
    begins = f"'{PREFIX}' || " if name.endswith("url") else ""
    return f"{begins}coalesce({name}, 'x') || $mark"


def fill_empty_tables(con: duckdb.DuckDBPyConnection) -> None:
    """One row about an article of the last day for each event type and mart of which the newsroom has none."""
    article = "(select article_id from main.articles order by first_seen_at desc, article_id limit 1)"
    default = {"VARCHAR": "'x'", "BIGINT": "1", "INTEGER": "1", "DOUBLE": "0.5", "BOOLEAN": "false", "UUID": article}
    tables = con.sql(
        "select schema_name || '.' || table_name, list(data_type order by column_index) from duckdb_columns() "
        "where schema_name || '.' || table_name in "
        "(select schema_name || '.' || table_name from duckdb_tables() where estimated_size = 0) group by all"
    )
    for table, types in tables.fetchall():
        values = [default.get(kind, "null" if "[" in kind else "'2026-03-04'") for kind in types]
        con.execute(f"insert into {table} values ({', '.join(values)})")
        if "source_id" in con.table(table).columns:
            con.execute(f"update {table} set source_id = (select min(source_id) from main.coverage_ledger)")
    con.execute("update events.backfill_finished set position = 2")  # after the document that it has read


def test_no_page_has_markup_from_outside(hostile: Hostile) -> None:
    assert len(hostile.pages) > 100
    for name, text in hostile.pages.items():
        assert not re.search(r"<x-\d", text), name
        assert "49" not in re.findall(r"&amp;amp;(\d+)", text), name
        page = parsed(text)
        assert len(page.xpath("//script")) == len(page.xpath("//head/title")) == 1, name
        assert page.xpath("//@*[starts-with(name(), 'on')]") == [], name
        assert [link for link in page.xpath("//@href") if "javascript:" in link.partition("?")[0][:11]] == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_keep_texts_from_outside_as_text(language: str) -> None:
    """Concerns and refused addresses say such texts; the pages of the newsroom have few of them."""
    said = filters(language)["said"]
    why = phrase("%(task)s of %(label)s: %(error)s", task="<x>", label="<x>", error="<x>")
    sentence = phrase("a run of %(dag)s failed at %(at)s: %(why)s", dag="<x>", at=date(2026, 3, 4), why=why)
    for html in (said(sentence), said(sentence, "'\"><x>")):
        assert html.count("&lt;x&gt;") >= 4 and "<x" not in html


def test_no_page_has_characters_that_turn_or_control_it(hostile: Hostile) -> None:
    assert sum("{{7*7}}\N{REPLACEMENT CHARACTER}" in text for text in hostile.pages.values()) > 50
    for name, text in hostile.pages.items():
        assert not set(text) & set(UNSEEN), name
    for form, feed in hostile.feeds.items():
        assert not set(feed) & set(UNSEEN), form
        assert "{{7*7}}\N{REPLACEMENT CHARACTER}" in feed, form
        assert form == "changes.atom" or "%E2%80%AE" in feed, f"{form}: addresses are quoted"


def test_feed_has_no_markup_from_outside(hostile: Hostile) -> None:
    feed = etree.fromstring(hostile.feeds["changes.atom"].encode())
    texts = " ".join(element.text or "" for element in feed.iter())
    assert {element.prefix for element in feed.iter()} == {None}
    assert texts.count("<x-") > 10 and "{{7*7}}" in texts
    assert not [element for element in feed.iter() if (element.get("href") or "").startswith("javascript:")]


def test_every_text_of_every_event_type_is_injected(hostile: Hostile) -> None:
    injected = {f"{column.table}.{column.name}" for column in hostile.columns.values()}
    for event in EVENT_TYPES:
        described = msgspec.inspect.type_info(event)
        assert isinstance(described, msgspec.inspect.StructType)
        texts = {f"events.{described.tag}.{field.name}" for field in described.fields if has_text(field.type)}
        assert texts - injected == set()


def has_text(kind: msgspec.inspect.Type) -> bool:
    """Is it a text, or does it hold one?"""
    match kind:
        case msgspec.inspect.StrType():
            return True
        case msgspec.inspect.UnionType(types=kinds):
            return any(map(has_text, kinds))
        case msgspec.inspect.VarTupleType(item_type=item):
            return has_text(item)
        case msgspec.inspect.StructType(fields=fields):
            return any(has_text(field.type) for field in fields)
    return False


def test_texts_of_all_event_types_are_on_a_page(hostile: Hostile) -> None:
    """So the test above is not about pages that show nothing."""
    shown = {int(number) for text in hostile.pages.values() for number in re.findall(r"&lt;x-(\d+)-", text)}
    assert shown >= set(KEYS.values())
    names = {f"{column.table}.{column.name}" for number, column in hostile.columns.items() if number in shown}
    assert SHOWN - names == set()


SHOWN = {
    *(f"events.feed_polled.{name}" for name in ("feed_url", "reason", "detail")),
    "events.item_discovered.title",
    *(f"events.article_captured.{name}" for name in ("final_url", "content_type")),
    "events.capture_failed.detail",
    *(f"events.article_extracted.{name}" for name in ("headline", "text")),
    "events.extraction_failed.detail",
    *(f"events.boilerplate_stripped.{name}" for name in ("kind", "rule", "text")),
    "main.videos.teaser",
    "events.template_learned.text",
    *(f"events.history_read.{name}" for name in ("url", "reason", "detail")),
    "events.article_annotated.failure",
    "events.article_revisited.reason",
    "events.addresses_joined.detail",
    *(f"events.run_failed.{name}" for name in ("dag_id", "task_id", "label", "error")),
    *(f"main.quotes.{name}" for name in ("text", "speaker", "cue", "rule", "producer")),
    *(f"main.mentions.{name}" for name in ("role", "party", "country")),
    *(
        f"parts.articles_without_text.{name}"
        for name in ("url", "kicker", "headline", "lead", "authors", "section", "correction")
    ),
    *(f"parts.revisions_without_text.{name}" for name in ("headline", "correction", "word_diff", "producer")),
    *(f"main.persons.{name}" for name in ("role", "party", "country")),
    "main.feed_health.feed_url",
    "main.article_coverage.failed_reason",
    "main.article_addresses.evidence",
}
