"""Every word of ours on a page can be said in another language.

The published file that the pages are made from has no Latin letter in any text from outside, so what is left is ours.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import msgspec
import pytest

from pipeline.monitor.concerns import ConcernKind, concerns
from pipeline.pages.page_kinds import KINDS
from pipeline.pages.wording import translations
from pipeline.translatable import Phrase, Value
from tests.monitor.test_concerns import CONCERNS, SOUND
from tests.pages.serving import Browser, one_of_each_kind, parsed, served
from tests.pages.test_catalogue import CATALOGUE, SAME_IN_GERMAN, forms
from tests.pages.test_foreign_markup import Column, fill_empty_tables, text_columns
from tests.worlds.running import Demo, newsledger

LATIN = "".join(map(chr, (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))))
OTHER = "".join(map(chr, range(0x10D0, 0x10D0 + 33))) + "".join(map(chr, range(0x0561, 0x0561 + 29)))
"""Georgian and Armenian letters, one for each Latin letter and digit."""
WORD = re.compile(r"(?=[À-ÿ]*[A-Za-z])[A-Za-zÀ-ÿ]{2,}")
IDENTIFIER = re.compile(r"[\w.@:/-]+|newsledger [\w ]+|[^A-Za-z]*")


def without_latin(demo: Demo, data: Path) -> None:
    """Make a data directory with the newsroom's published file, but for its texts, and with its archive."""
    shutil.copyfile(demo.data / "news.duckdb", data / "news.duckdb")
    (data / "archive").symlink_to(demo.data / "archive")
    with duckdb.connect(data / "news.duckdb") as con:
        con.execute("set timezone = 'UTC'")
        columns = list(text_columns(con))
        fill_empty_tables(con)
        for column in columns:
            if column.name != "warc_file":
                con.execute(f"update {column.table} set {column.name} = {_written_otherwise(column)}")
        con.execute(
            "insert into events.template_learned by name select templates.* replace (sources.source_id as source_id, "
            "[(select article_id from articles limit 1)::varchar] as article_ids) "
            "from events.template_learned as templates, (select distinct source_id from coverage_ledger) as sources"
        )


def _written_otherwise(column: Column) -> str:
    def changed(value: str) -> str:
        return f"translate({value}, '{LATIN}', '{OTHER}')"

    if column.type == "VARCHAR[]":
        return f"list_transform({column.name}, lambda each: {changed('each')})"
    if column.type.startswith("STRUCT"):
        fields = re.findall(r'[(,] ?"?(\w+)"? ([A-Z]+)', column.type)
        is_list = column.type.endswith("[]")
        struct = "each" if is_list else column.name
        texts = {field for field, kind in fields if kind == "VARCHAR"} - {"part", "op", "kind"}
        values = ", ".join(
            f"'{field}': {changed(f'{struct}.{field}') if field in texts else f'{struct}.{field}'}"
            for field, _ in fields
        )
        return f"list_transform({column.name}, lambda each: {{{values}}})" if is_list else f"{{{values}}}"
    return changed(column.name)


@pytest.fixture(scope="module")
def data(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("words")
    without_latin(demo, data)
    return data


@pytest.fixture(scope="module")
def browser(data: Path) -> Iterator[Browser]:
    with served(data) as browser:
        yield browser


def words(page: Any) -> set[str]:
    """The words that are seen or read aloud. Names of the code, and times, are no words."""
    for element in page.xpath("//script | //style | //pre | //code | //time | //*[@lang and not(self::html)]"):
        element.drop_tree()
    attributes = page.xpath("//@aria-label | //@title | //@placeholder | //@alt")
    return {word for text in (*page.itertext(), *attributes) for word in WORD.findall(str(text))}


GERMAN = {*WORD.findall(" ".join(form for message in CATALOGUE for form in forms(message.string)))} | SAME_IN_GERMAN


def untranslated(german: str, english: str) -> set[str]:
    """The words that the German page has from the English one, and not from the German catalogue."""
    return (words(parsed(german)) & words(parsed(english))) - GERMAN


@pytest.mark.slow
def test_no_live_page_has_an_english_word_in_german(browser: Browser) -> None:
    addresses = one_of_each_kind(browser)
    assert set(addresses) == {*KINDS, "record"}
    wrong = {"400": "/?from=x", "400 days": "/?from=2026-03-04&to=2026-03-02", "404": "/nothing"}
    wrong |= {f"404 {kind}": f"/{kind}/0815" for kind in ("source", "person", "article")}
    for kind, address in (addresses | wrong).items():
        german, english = (browser.get(address, {"Accept-Language": language}).text for language in ("de", "en"))
        assert 'lang="de"' in german
        assert untranslated(german, english) == set(), (kind, address)
        for code in parsed(german).xpath("//code[not(ancestor::pre)]"):  # stays English: no sentence may be code
            assert IDENTIFIER.fullmatch(code.text_content()), (address, code.text_content())


@pytest.mark.slow
def test_no_file_of_a_report_has_an_english_word_in_german(data: Path, tmp_path: Path) -> None:
    source = "harbourpost".translate(str.maketrans(LATIN, OTHER))
    chosen = ("--source", source, "--from", "2026-03-04", "--to", "2026-03-04")
    done = newsledger("report", "--data", data, "-o", tmp_path, *chosen)
    assert done.returncode == 0, done.stderr
    folders = [tmp_path / language for language in ("de", "en")]
    german, english = ({file.relative_to(folder): file for file in folder.rglob("*.html")} for folder in folders)
    assert german.keys() == english.keys() and len(german) > 30
    feeds = [feedparser.parse((folder / "changes.atom").read_bytes()).feed for folder in folders]
    assert [feed.language for feed in feeds] == ["de", "en"] and feeds[0].id != feeds[1].id
    (first,) = (parsed(path.read_text("utf-8")) for path in tmp_path.glob("*.html"))
    assert {*first.xpath("//ul[@data-languages]/li/a/@href")} == {"de/index.html", "en/index.html"}
    for name in german:
        (english_one,) = parsed(german[name].read_text("utf-8")).xpath("//footer//a[@hreflang]/@href")
        assert (german[name].parent / english_one).resolve() == english[name]
        assert untranslated(german[name].read_text("utf-8"), english[name].read_text("utf-8")) == set(), name


def test_every_concern_is_said_in_german() -> None:
    def told(language: str, said: Value) -> str:
        if not isinstance(said, Phrase):
            return "" if isinstance(said, str) else "0"
        return said.said(translations(language), str, lambda value: told(language, value))

    kinds = set[str]()
    for changes, kind, _ in CONCERNS:
        for concern in concerns(msgspec.structs.replace(SOUND, **changes)):
            german, english = (set(WORD.findall(told(language, concern.sentence))) for language in ("de", "en"))
            assert (german & english) - GERMAN == set(), concern.what
            kinds.add(kind)
    assert kinds == set(ConcernKind)


def test_a_server_without_a_file_says_so_in_german(tmp_path: Path) -> None:
    with served(tmp_path) as browser:
        german, english = (browser.get("/", {"Accept-Language": language}) for language in ("de", "en"))
    assert german.status == 503 and "Bisher wurde nichts veröffentlicht" in german.text
    assert untranslated(german.text, english.text) == set()
