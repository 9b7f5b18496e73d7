"""The pages of the sample newsroom, as files and from the server: whole, linked, true to the file, and harmless."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import urldefrag, urljoin
from zipfile import ZipFile

import duckdb
import feedparser
import pytest

from pipeline.errors import LedgerMissing
from pipeline.pages import published_file
from pipeline.pages.page_kinds import KINDS
from pipeline.pages.published_file import PublishedFile, statement
from tests.pages.serving import links, parsed
from tests.worlds.running import Demo, newsledger

pytestmark = pytest.mark.slow
NOT_IN_THE_NEWSROOM = {"backfill", "templates"}
"""It has no backfill, and no paragraph that many articles have."""


@pytest.fixture(scope="module")
def folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on all days."""
    folder = tmp_path_factory.mktemp("report")
    done = newsledger("report", "--data", demo.data, "-o", folder, "--words", "en")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Mapping[str, Any]:
    """The parsed pages of the report, by file."""
    return {str(path.relative_to(folder)): parsed(path.read_text("utf-8")) for path in folder.rglob("*.html")}


@pytest.fixture(scope="module")
def feed(folder: Path) -> Any:
    return feedparser.parse((folder / "changes.atom").read_bytes())


# A report


def test_report_has_a_page_of_every_kind_and_every_article(report: Mapping[str, Any], demo: Demo) -> None:
    kinds = {*KINDS, "index"} - {"coverage", *NOT_IN_THE_NEWSROOM}
    assert {name.partition("/")[0].removesuffix(".html") for name in report} == kinds
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        articles = {str(article) for (article,) in con.sql("select article_id from article_coverage").fetchall()}
    assert {name[8:-5] for name in report if name.startswith("article/")} == articles


def test_every_link_of_a_report_leads_to_a_place_on_one_of_its_pages(report: Mapping[str, Any]) -> None:
    places = {"changes.atom": set()} | {name: {*page.xpath("//@id")} for name, page in report.items()}
    assert all(len(places[name]) == len(page.xpath("//@id")) for name, page in report.items())
    broken = set()
    for name, page in report.items():
        for link in links(page):
            target, place = urldefrag(urljoin(name, link))
            if target not in places or (place and place not in places[target]):
                broken.add((name, link))
    assert not broken


def test_pages_request_nothing(report: Mapping[str, Any]) -> None:
    for page in report.values():
        assert page.xpath("//@src | //link[@rel != 'alternate'] | //img | //iframe | //object") == []
        assert page.xpath("//@style | //*[@onclick]") == []
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy


def test_shown_sql_gives_the_rows_of_the_page(report: Mapping[str, Any], demo: Demo) -> None:
    """A query is copied from the page into an ordinary DuckDB session."""
    page = report["index.html"]
    shown = [str(code) for code in page.xpath("//details[@class='sql']//code/text()")]
    assert len(shown) == 6
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        *_, totals, by_source, feeds = (con.sql(sql).fetchall() for sql in shown)
    numbers = [page.xpath(f"string(//dl//div[{n}]/dd)").strip() for n in range(1, 7)]
    assert numbers == [str(n) for n in totals[0][:6]], "the page of a source shows the other sums, too"
    assert len(page.xpath("//table[@class='map']/tbody/tr")) == len(by_source) == 5
    assert len(page.xpath("//section[@aria-labelledby='feeds']//tbody/tr")) == len(feeds)


def test_every_figure_of_every_page_shows_its_sql(report: Mapping[str, Any], demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        for name in KINDS.keys() - NOT_IN_THE_NEWSROOM:
            file = next(each for each in report if each.startswith("index" if name == "coverage" else name))
            for sql in report[file].xpath("//details[@class='sql']//code/text()"):
                con.sql(str(sql)).fetchall()


def test_text_of_an_article_is_whole_and_its_quotations_are_marked(report: Mapping[str, Any], demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        ((article, lead, text),) = con.sql(
            "select article_id, lead, text from articles order by quote_count desc nulls last, article_id limit 1"
        ).fetchall()
        quotes = con.sql(
            "select text from quotes where part = 'text' and kind = 'direct' and article_id = $id order by start_char",
            params={"id": article},
        ).fetchall()
    page = report[f"article/{article}.html"]
    for number in page.xpath("//div[@class='text']//a[@class='no']"):
        number.drop_tree()
    (shown,) = page.xpath("//div[@class='text']")
    assert " ".join(shown.text_content().split()) == " ".join(f"{lead or ''} {text}".split())
    marked = "".join(page.xpath("//div[@class='text']/p/mark[contains(concat(' ', @class), ' direct')]//text()"))
    assert marked.replace(" ", "") == "".join(quote for (quote,) in quotes).replace(" ", "").replace("\n", "")


def test_search_of_a_report_has_all_words_and_names(report: Mapping[str, Any], demo: Demo) -> None:
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        articles = con.sql("""
            select
                articles.article_id::varchar, concat_ws(' ', lead, text),
                list(distinct name order by name) filter (mentions.kind = 'person')
            from articles left join mentions using (article_id) group by all
        """).fetchall()
    listed = report["search.html"].xpath("//ol[@data-listed]/li")
    held = {row.xpath("string(h3/a/@href)")[8:-5]: (row.get("data-text"), row.get("data-named")) for row in listed}
    assert held.keys() == {article for article, *_ in articles}
    for article, text, names in articles:
        assert held[article][0].split() == text.split()
        assert sorted(filter(None, held[article][1].split("\n"))) == (names or [])


def test_report_holds_no_article_of_another_day_or_language(demo: Demo, tmp_path: Path) -> None:
    chosen = ("--language", "en", "--from", "2026-03-03", "--to", "2026-03-03", "--words", "en")
    assert newsledger("report", "--data", demo.data, "-o", tmp_path, *chosen).returncode == 0
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        expected = con.sql("""
            select article_id::varchar from article_coverage left join articles using (article_id)
            where coalesce(language, 'en') = 'en' and (
                discovered_on = '2026-03-03' or published_at::date = '2026-03-03' or gone_at::date = '2026-03-03'
                or article_id in (select article_id from article_revisions where captured_at::date = '2026-03-03')
            )
        """).fetchall()
    written = {path.stem for path in (tmp_path / "article").iterdir()}
    assert written and written <= {article for (article,) in expected}


def test_report_replaces_a_report_and_nothing_else(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    day = ("--from", "2026-03-05", "--to", "2026-03-05")
    (tmp_path / "link").symlink_to(folder)
    assert newsledger("report", "--data", demo.data, "-o", folder, "--source", "harbourpost", *day).returncode == 0
    assert {path.name for path in folder.iterdir()} == {"index.html", "de", "en"}
    chosen = ("--source", "meridian", *day, "--words", "en", "-o")
    assert newsledger("report", "--data", demo.data, *chosen, tmp_path / "link").returncode == 0
    assert [path.name for path in (folder / "source").iterdir()] == ["meridian.html"]
    assert not any("holmbote" in path.read_text("utf-8") for path in folder.rglob("*.html"))
    assert "2026-03-02" not in (folder / "articles.html").read_text("utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"report", "link"}, "what was being written has another name"
    assert (tmp_path / "link").is_symlink()
    for _ in range(2):
        assert newsledger("report", "--data", demo.data, *chosen, tmp_path / "week.ZIP").returncode == 0
    with ZipFile(tmp_path / "week.ZIP") as packed:
        names = {name for name in packed.namelist() if not name.endswith("/")}
        assert names == {f"week/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}
    (folder / "notes.txt").write_text("mine")
    done = newsledger("report", "--data", demo.data, "-o", folder)
    assert done.returncode == 1 and "is no report" in done.stderr
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "nobody"], "--source nobody"),
        (["--language", "english"], "--language english: no article is in it; known: de, en"),
        (["--language", "fr"], "--language fr: no article is in it; known: de, en"),
        (["--from", "2026-03-05", "--to", "2026-03-02"], "is after"),
        (["--from", "2020-01-01", "--to", "2020-01-02"], "has data from 2026-03-02 to 2026-03-05"),
    ],
)
def test_report_that_cannot_be_written_says_why(demo: Demo, tmp_path: Path, options: list[str], said: str) -> None:
    done = newsledger("report", "--data", demo.data, "-o", tmp_path / "report", *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "report").exists()


def test_a_page_that_cannot_be_made_is_an_error(demo: Demo, tmp_path: Path) -> None:
    copyfile(demo.data / "news.duckdb", tmp_path / "news.duckdb")
    with duckdb.connect(tmp_path / "news.duckdb") as con:
        con.sql("update feed_health set source_id = 'ghost' where source_id = 'meridian'")
    done = newsledger("report", "--data", tmp_path, "-o", tmp_path / "report", "--from", "2026-03-03")
    assert done.returncode == 1 and done.stderr.startswith("newsledger: feed/ghost/")
    assert done.stderr.endswith(".html: a page links to it, but nothing is known of source: ghost\n")
    assert not (tmp_path / "report").exists()


def test_page_of_a_source_counts_what_robots_txt_forbade(report: Mapping[str, Any]) -> None:
    (number,) = report["source/harbourpost.html"].xpath("//div[dt='forbidden by robots.txt']/dd/a")
    rows = report["requests/harbourpost.html"].xpath("//section[h2/@id='forbidden']//tbody/tr")
    assert [row.findtext("td/code") for row in rows] == ["robots"] == ["robots"] * int(number.text_content())


def test_numbers_lead_to_their_rows(report: Mapping[str, Any]) -> None:
    """For each number in a table: the page that it is linked to has so many rows in the place that the link names."""
    seen: Counter[str] = Counter()
    for name in ("changes.html", "voices.html", "runs.html"):
        for number in report[name].xpath("//td[@class='amount']"):
            if number.text_content() == "0":
                continue
            target, place = urldefrag(urljoin(name, number.find("a").get("href")))
            if target.startswith("article/"):
                continue
            page, kind = report[target], target.partition("/")[0]
            rows = page.xpath(f"//section[h2/@id='{place}']//tbody/tr" if place else "//section//tbody/tr")
            if kind == "changed":
                rows = page.xpath("//article[@class='change']")
            elif place == "sources":
                rows = page.xpath("//section[h2/@id='sources']//li")
            assert len(rows) == int(number.text_content()), (name, target, place)
            seen[kind] += 1
    assert seen.keys() == {"changed", "quoted", "run"}


def test_the_number_of_a_quotation_stands_before_its_first_word(report: Mapping[str, Any]) -> None:
    numbers = [
        number
        for name, page in report.items()
        if name.startswith("article/")
        for number in page.xpath("//div[@class='text']//a[@class='no']")
    ]
    for number in numbers:
        (quote,) = number.xpath("//li[@id = $place]/blockquote", place=number.get("href")[1:])
        said = number.xpath("string(following::mark)")
        assert not number.tail and quote.text_content().startswith(said) and said
    assert numbers


def test_days_on_which_the_first_articles_were_published_are_days_of_the_data() -> None:
    """Otherwise nobody would be quoted after a first run: it reads articles of earlier days."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create table coverage_ledger as select date '2026-03-20' as day")
        days = "[timestamptz '2026-03-06', '2026-03-07', '2026-03-19']"
        con.execute("create schema parts")
        con.execute(f"create table parts.articles_without_text as select unnest({days}) as published_at")
        found = con.execute(statement("pipeline.pages", "days_of_data"), {"days_shown": 14}).fetchall()
    assert found == [(date(2026, 3, 20), date(2026, 3, 7))]


# The file


@pytest.mark.parametrize(
    "statement",
    [
        "delete from quotes",
        "create table articles_too as from articles",
        "attach 'other.duckdb'",
        "copy articles to 'articles.csv'",
        "select * from read_text('/etc/hostname')",
        "set enable_external_access = true",
    ],
)
def test_nothing_can_be_written_and_nothing_else_read(demo: Demo, statement: str) -> None:
    with PublishedFile(demo.data / "news.duckdb") as file, pytest.raises(duckdb.Error):
        file.run(statement, {})


def test_a_query_is_interrupted_when_its_time_is_over(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_file, "MAX_SECONDS", 0.05)
    with PublishedFile(demo.data / "news.duckdb") as file, pytest.raises(duckdb.InterruptException):
        file.run("select sum(a.range * b.range) from range(100_000) as a, range(20_000) as b", {})


def test_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="newsledger ingest"):
        PublishedFile(tmp_path / "news.duckdb")


# The feed


def test_feed_of_a_report_leads_to_its_files(report: Mapping[str, Any], feed: Any) -> None:
    assert not feed.bozo and feed.feed.id.startswith("urn:uuid:")
    assert {urldefrag(entry.link).url for entry in feed.entries} <= report.keys()
    assert any("vanished" in entry.title for entry in feed.entries)
    assert any("correction: " in entry.summary for entry in feed.entries)
