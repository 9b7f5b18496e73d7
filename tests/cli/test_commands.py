"""Commands print what they document; bad input gives one clear line and a status other than 0."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.console import printable
from pipeline.events import FeedPolled, PollOutcome
from pipeline.ledger import Ledger, Run
from pipeline.settings import PROJECT_ROOT
from tests.conftest import SHARED
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import ALLOW, COMMAND, articles, entry, newsledger, newsledger_process
from tests.worlds.stories import item

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><html lang="de"><head><title>Pegel fällt</title></head><body><article><h1>Pegel fällt</h1>
<p>Das Wasser der Ruhna ist in der Nacht um zwei Meter gefallen, teilte der Landkreis am Dienstagmorgen mit.</p>
<p>„Wir atmen auf“, sagte Landrätin Anke Rademacher. „Aber wir bleiben wachsam, bis der Deich wieder dicht ist.“</p>
<p>Die Bundesstraße bleibt bis zum Wochenende gesperrt, weil das Wasser die Fahrbahn unterspült hat.</p>
</article></body></html>"""


def fails_with_one_line(done: subprocess.CompletedProcess[str], besides: tuple[str, ...] = ("?",)) -> str:
    """The only line on standard error except progress lines."""
    assert done.returncode not in {0, 2}
    lines = [line for line in done.stderr.strip().splitlines() if not line.startswith(besides)]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("newsledger: ")
    return lines[0]


def test_help_names_every_command() -> None:
    done = newsledger("--help")
    for command in [
        "demo",
        "ingest",
        "backfill",
        "maintain",
        "migrate",
        "init",
        "models",
        "publish",
        "sql",
        "search",
        "export",
        "status",
        "metrics",
        "verify",
        "sources",
        "extract",
        "annotate",
        "airflow",
    ]:
        assert command in done.stdout
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


# Bad input


def test_unknown_source(tmp_path: Path) -> None:
    done = newsledger("ingest", "--source", "kurier", "--sources", "sources.toml", "--data", tmp_path)
    assert "unknown source 'kurier'" in fails_with_one_line(done)
    assert list(tmp_path.iterdir()) == []


def test_broken_sources_file(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text("[[source]]\nid = 1\n")
    line = fails_with_one_line(newsledger("ingest", "--sources", sources, "--data", tmp_path / "data"))
    assert str(sources) in line
    assert not (tmp_path / "data").exists()


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    done = newsledger("--version", env={"NEWSLEDGER_LOOKBACK_DAYS": "not a number"})
    assert (done.returncode, done.stdout) == (0, f"newsledger {project['version']}\n")


def test_a_ledger_of_a_newer_version(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger._con.execute("insert into ledger.ledger_format values (99)")
    for command in ("status", "verify", "models", "init"):
        assert "made by a newer newsledger" in fails_with_one_line(newsledger(command, "--data", tmp_path))


def test_a_locked_ledger(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    with WebServer() as web:
        web.feed("/feed.xml", ("/a", "A"))
        sources.write_text(entry("a", web.base))
        Ledger.open(tmp_path / "data" / "ledger.sqlite").close()
        with FileLock(tmp_path / "data" / "ledger.lock"):
            done = newsledger(
                "ingest",
                "--sources",
                sources,
                "--data",
                tmp_path / "data",
                env={"NEWSLEDGER_LOCK_TIMEOUT_SECONDS": "0.5", "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"},
            )
    assert "another process has held the ledger's lock" in fails_with_one_line(done)
    with Ledger.open(tmp_path / "data" / "ledger.sqlite") as ledger:
        assert ledger.head()[0] == 0


def test_data_directory_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    line = fails_with_one_line(newsledger("init", "--data", tmp_path / "file" / "data"))
    assert str(tmp_path / "file") in line


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    with WebServer() as web:
        web.feed("/feed.xml", ("/a", "A"), ("/b", "B"))
        for path in ("/a", "/b"):
            web.page(path, "Story", *(f"Sentence {n} of a story about the harbour and the town." for n in range(9)))
        sources.write_text(entry("harbour", web.base))
        run = ("ingest", "--sources", sources, "--data", small_disk / "data")
        line = fails_with_one_line(newsledger_process(*run, env=ALLOW), besides=("timestamp=",))
        assert str(small_disk) in line
        assert newsledger("verify", "--data", small_disk / "data").returncode == 0
        subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
        assert newsledger(*run, env=ALLOW).returncode == 0
    assert len(articles(small_disk / "data")) == 2
    assert web.asked["/a"] == 1, "what was captured before the disk was full is not lost"


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A data directory with a small published file."""
    with duckdb.connect(tmp_path / "news.duckdb") as con:
        con.execute("create table outlets as select * from (values ('Harbour Post', 3), ('Meridian', 1)) t(name, n)")
    return tmp_path


@pytest.mark.parametrize("stdin", ["", " \n"])
def test_sql_without_a_query_lists_the_queries(tmp_path: Path, stdin: str) -> None:
    done = newsledger("sql", "--data", tmp_path, stdin=stdin)
    assert done.returncode == 0
    for path in (PROJECT_ROOT / "sql" / "queries").glob("*.sql"):
        assert path.stem in done.stdout


def test_sql_reads_a_query_from_a_pipe(news: Path) -> None:
    done = newsledger("sql", "--data", news, "--format", "csv", stdin="select name from outlets order by n")
    assert done.stdout == "name\nMeridian\nHarbour Post\n"


@pytest.mark.parametrize(("output", "expected"), [("csv", "n\n1\n\nm\n2;\n"), ("json", '{"n":1}\n{"m":"2;"}\n')])
def test_several_statements_give_several_results(news: Path, output: str, expected: str) -> None:
    query = "create temp table t as select 1 as n; from t; -- a comment; with a semicolon\n select '2;' as m;"
    assert newsledger("sql", "--data", news, "--format", output, query).stdout == expected


def test_a_failing_statement_is_named_after_the_results_before_it(news: Path) -> None:
    done = newsledger("sql", "--data", news, "--format", "csv", "select 1 as n; select * from nowhere; select 3")
    assert done.stdout == "n\n1\n"
    assert done.returncode == 1
    assert done.stderr.startswith("newsledger: statement 2 of 3 fails: Catalog Error: Table with name nowhere")
    done = newsledger("sql", "--data", news, "select * from nowhere")
    assert done.stderr.startswith("newsledger: the query fails: Catalog Error")


ASKED = "select name, n from outlets where n >= coalesce(cast(getvariable('least') as integer), 2) order by n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("said.csv", "name,n\nMeridian,1\nHarbour Post,3\n"),
        ("said.jsonl", '{"name":"Meridian","n":1}\n{"name":"Harbour Post","n":3}\n'),
        ("said.json", '[\n{"name":"Meridian","n":1},\n{"name":"Harbour Post","n":3}\n]\n'),
    ],
)
def test_sql_takes_parameters_and_writes_a_file(news: Path, name: str, expected: str) -> None:
    file = news / name
    file.write_text("old")
    done = newsledger("sql", "--data", news, ASKED, "--set", "least=1", "-o", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text() == expected
    assert newsledger("sql", "--data", news, ASKED, "--format", "csv").stdout == "name,n\nHarbour Post,3\n"


@pytest.mark.parametrize(
    "query",
    [
        "from read_blob('{}')",
        "attach '{}' as other",
        "copy (select 1) to '{}.csv'",
        "set enable_external_access = true",
    ],
)
def test_sql_reaches_no_other_file_unless_it_is_allowed(news: Path, query: str) -> None:
    other = news / "other.duckdb"
    duckdb.connect(other).close()
    line = fails_with_one_line(newsledger("sql", "--data", news, query.format(other)))
    assert line.endswith("--allow-files permits it") or "configuration has been locked" in line
    assert not other.with_name("other.duckdb.csv").exists()
    if "{}" in query:
        assert newsledger("sql", "--data", news, query.format(other), "--allow-files").returncode == 0


def test_sql_writes_parquet(news: Path) -> None:
    assert newsledger("sql", "--data", news, "from outlets", "-o", news / "a.parquet").returncode == 0
    assert duckdb.sql(f"select sum(n) from '{news / 'a.parquet'}'").fetchall() == [(4,)]
    line = fails_with_one_line(newsledger("sql", "--data", news, "from outlets", "--format", "parquet"))
    assert "name a file with -o" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ASKED, "--set", "most=1"), "the query does not read 'most'; its parameters: least"),
        ((ASKED, "--set", "least"), "must be NAME=VALUE"),
        ((ASKED, "--set", "least=many", "-o", "kept.csv"), "Could not convert string 'many' to INT32"),
        (("select 1; select 2", "-o", "kept.csv"), "the query has several"),
        (("create temp table t (n int)", "-o", "kept.csv"), "there is no answer to write"),
        (("select 1", "-o", "kept.xlsx"), "its ending names no format"),
        (("select 1", "-o", "nowhere/kept.csv"), "its folder does not exist"),
        (("select 1", "-o", "folder.csv"), "is not a regular file"),
    ],
)
def test_what_sql_cannot_write_leaves_the_file_as_it_was(
    news: Path, own_folder: None, arguments: tuple[str, ...], message: str
) -> None:
    Path("kept.csv").write_text("kept")
    Path("folder.csv").mkdir()
    assert message in newsledger("sql", "--data", news, *arguments).stderr
    assert Path("kept.csv").read_text() == "kept"
    assert {path.name for path in Path().iterdir()} == {"news.duckdb", "kept.csv", "folder.csv"}


@pytest.mark.parametrize("command", ["status", "verify", "sql"])
def test_empty_data_directory(tmp_path: Path, command: str) -> None:
    arguments = ("select 1",) if command == "sql" else ()
    line = fails_with_one_line(newsledger(command, *arguments, "--data", tmp_path / "data"))
    assert "newsledger demo" in line
    assert not (tmp_path / "data").exists()


def test_a_bad_setting(tmp_path: Path) -> None:
    line = fails_with_one_line(newsledger("init", "--data", tmp_path, env={"NEWSLEDGER_LOOKBACK_DAYS": "soon"}))
    assert "NEWSLEDGER_LOOKBACK_DAYS" in line


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("what?", "the path must have no question mark"),
        ("x" * 200 + "/" + "y" * 200 + "/" + "z" * 200, "bytes; SQLite opens none with more than 480"),
        ("\udcff", "the path must be valid UTF-8"),
    ],
)
def test_a_data_directory_that_cannot_be_opened(own_folder: None, folder: str, message: str) -> None:
    assert message in fails_with_one_line(newsledger("init", "--data", folder))


def test_a_busy_port(tmp_path: Path) -> None:
    with WebServer() as web:
        port = web.base.rpartition(":")[2]
        assert f"port {port}" in fails_with_one_line(newsledger("demo", "--port", port, "--data", tmp_path))


# init, verify, status


def test_init_creates_a_ledger_and_verify_reads_it(tmp_path: Path) -> None:
    assert newsledger("init", "--data", tmp_path).returncode == 0
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([item("a"), item("b")], Run("r"))
        _, _, digest = ledger.head()
        ledger.append([item("c")], Run("r"))
    done = newsledger("verify", "--data", tmp_path, "--digest", digest)
    assert done.returncode == 0
    assert "3 events in 2 appends are as they were recorded" in done.stdout
    assert newsledger("verify", "--data", tmp_path, "--digest", "sha256:" + "0" * 64).returncode == 1
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger._con.execute("delete from ledger.item_discovered where position = 2")
    done = newsledger("verify", "--data", tmp_path)
    assert done.returncode == 1
    assert "append 1 (positions 1-2): holds 1 events, 2 were recorded" in done.stderr


def test_status_shows_sources_pending_work_and_lost_pages(tmp_path: Path) -> None:
    with WebServer() as web:
        web.feed("/feed.xml", ("/a", "A"), ("/gone", "B"), ("/broken", "C"))
        web.page("/a", "Story", *(f"Sentence {n} of a story about the harbour and the town." for n in range(9)))
        web.answers["/gone"], web.answers["/broken"] = Answer(status=410), Answer(status=500)
        sources = tmp_path / "sources.toml"
        sources.write_text(entry("harbour", web.base))
        run = ("--data", tmp_path / "data")
        assert newsledger("ingest", "--sources", sources, *run, env=ALLOW).returncode == 0
    status = newsledger("status", *run).stdout
    assert "1 pages to capture, 0 to extract, 0 to learn, 0 to join, 0 to annotate, 1 lost" in status
    assert f"{web.base}/gone" in status
    assert "(1 gone)" in status
    assert re.search(r"published +20\d\d-\d\d-\d\d \d\d:\d\d UTC, up to event \d+", status)
    assert "never: `newsledger maintain`" in status
    assert newsledger("status", "--check", *run).stdout == "nothing needs attention\n"

    with Ledger.open_existing(tmp_path / "data" / "ledger.sqlite") as ledger:
        removed = failed_poll("removed", "https://removed.example/feed", datetime.now(UTC) - timedelta(days=5))
        ledger.append([removed, failed_poll("harbour", f"{web.base}/feed.xml")], Run("later"))
    status = newsledger("status", "--all", *run).stdout
    assert re.search(r"removed .* no longer polled", status)
    assert "sources     1, 1 with failing feeds" in status
    assert newsledger("verify", "--archive", *run).returncode == 0
    (tmp_path / "data" / "archive").rename(tmp_path / "data" / "elsewhere")
    assert newsledger("verify", "--archive", *run).returncode == 1
    check = newsledger("status", "--check", *run)
    assert check.returncode == 1
    recorded, failing = check.stdout.splitlines()
    assert re.fullmatch(r"the verification of .* found: archive: .*", recorded)
    assert failing.startswith(f"harbour: {web.base}/feed.xml: http_5xx; last success 20")
    as_json = newsledger("status", "--check", "--json", *run)
    assert as_json.returncode == 1
    told = json.loads(as_json.stdout)
    assert [each["kind"] for each in told["concerns"]] == ["not_as_recorded", "source_fails"]
    assert [(page["url"], page["reason"]) for page in told["lost"]] == [(f"{web.base}/gone", "gone")]
    assert newsledger("metrics", "-o", tmp_path / "newsledger.prom", *run).returncode == 0
    exposed = (tmp_path / "newsledger.prom").read_text()
    assert exposed == newsledger("metrics", *run).stdout
    assert 'newsledger_concerns{kind="source_fails"} 1.0\n' in exposed
    assert [path.name for path in tmp_path.glob("*.prom*")] == ["newsledger.prom"]


def failed_poll(source_id: str, feed_url: str, at: datetime | None = None) -> FeedPolled:
    return FeedPolled(
        stream=f"feed:{source_id}/1",
        occurred_at=at or datetime.now(UTC),
        producer="poll@1",
        source_id=source_id,
        feed_url=feed_url,
        outcome=PollOutcome.FAILED,
        reason="http_5xx",
    )


# sources


def test_sources_are_listed_and_checked(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    with WebServer() as web:
        web.feed("/good.xml", ("/a", "A"), ("/b", "B"), published_at=datetime.now(UTC))
        web.answers["/page"] = Answer(b"<html><body>Moved</body></html>")
        sources.write_text(
            f'[[source]]\nid = "harbour"\nname = "Harbour"\nlanguage = "en"\ncountry = "GB"\nhomepage = "{web.base}/"\n'
            f'feeds = ["{web.base}/good.xml", "{web.base}/page", "{web.base}/missing"]\n'
        )
        assert "Harbour" in newsledger("sources", "list", "--sources", sources).stdout
        done = newsledger("sources", "check", "--sources", sources, env={"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1"})
        blocked = newsledger("sources", "check", "--sources", sources)
    assert done.returncode == 1
    good, page, missing = (line for line in done.stdout.splitlines() if "harbour" in line)
    assert "ok" in good
    assert "not a feed" in page
    assert "http 404" in missing
    assert "2 of 3 feeds cannot be read" in done.stderr
    assert "blocked_address" in blocked.stdout


# extract and annotate


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(PAGE.replace("Pegel", "Wasser").encode()))
    (tmp_path / "empty.html").write_text("<html></html>")
    return tmp_path


def test_extract_prints_a_saved_page_as_one_line_of_json(saved: Path) -> None:
    done = newsledger("extract", saved / "a.html", "--url", "https://bote.example/pegel")
    assert done.returncode == 0, done.stderr
    article = json.loads(done.stdout)
    assert article["headline"] == "Pegel fällt"
    assert article["text"].startswith("Das Wasser der Ruhna")
    fields = (
        "url kicker headline lead blocks text authors published_at modified_at language section access videos stripped"
    )
    assert set(fields.split()) <= set(article)


def test_list_output_has_the_order_and_ids_of_the_input(saved: Path) -> None:
    names = ["a.html", "b.html.gz", "empty.html", "missing.html"] * 15
    rows = [
        {"id": f"{n}", "path": name, "url": f"https://bote.example/{n}", "captured_at": "2026-03-03T10:00:00Z"}
        for n, name in enumerate(names)
    ]
    (saved / "list.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    runs = [newsledger("extract", "--from", saved / "list.jsonl", "--jobs", jobs) for jobs in (1, 2)]
    assert runs[0].stdout == runs[1].stdout
    answers = [json.loads(line) for line in runs[0].stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [row["id"] for row in rows]
    assert [answers[1]["headline"], answers[2]["error"]["reason"]] == ["Wasser fällt", answers[2]["error"]["reason"]]
    assert answers[3]["error"]["reason"] == "unreadable"
    assert runs[0].returncode == 1
    assert "30 of 60 gave no article" in runs[0].stderr


def test_error_in_a_list_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"id": "1", "path": "x", "url": "y"}\n{"id": 2}\n')
    for command in ("extract", "annotate"):
        line = fails_with_one_line(newsledger(command, "--from", tmp_path / "list.jsonl"))
        assert "list.jsonl, line" in line


def test_annotate_reads_files_lists_and_standard_input(tmp_path: Path) -> None:
    text = (
        "„Wir atmen auf“, sagte Landrätin Anke Rademacher am Dienstag im Rathaus von Brückfeld nach der langen Nacht."
    )
    (tmp_path / "a.txt").write_text(text, "utf-8")
    (tmp_path / "list.jsonl").write_text(json.dumps({"id": "x", "text": text, "language": "de"}))
    answers = [
        json.loads(newsledger("annotate", tmp_path / "a.txt").stdout),
        json.loads(newsledger("annotate", "--from", tmp_path / "list.jsonl").stdout),
        json.loads(newsledger("annotate", stdin=text).stdout),
    ]
    assert answers[1]["id"] == "x"
    for answer in answers:
        (quote,) = answer["quotes"]
        assert text[quote["start"] : quote["end"]] == quote["text"] == "Wir atmen auf"
        assert text[quote["speaker"]["start"] : quote["speaker"]["end"]] == quote["speaker"]["surface"]
        assert quote["person"] == "Anke Rademacher"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation texts are not beside the checkout")
def test_extract_text_removes_captions_glued_to_sentences() -> None:
    done = newsledger("extract", "--text", SHARED / "data" / "seed" / "zdf-article.txt")
    article = json.loads(done.stdout)
    assert len(article["videos"]) == 8
    assert sum(block["kind"] == "video_caption" for block in article["stripped"]) == 8
    assert " min" not in article["text"]
    assert article["kicker"] == "Im Falle einer Waffenruhe in der Ukraine"


# output


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\x00b", "a\u202eb", "a\x9b31m", "\r\n", "a\u061cb\u2029", "a\U000e0041"]
)
def test_fetched_text_cannot_control_the_terminal(text: str) -> None:
    shown = printable(text)
    assert not any(character in shown for character in "\x1b\x00\u061c\u2029\u202e\x9b\r\U000e0041")


def test_an_output_that_is_closed_and_has_only_ascii(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "news.duckdb").close()
    process = subprocess.Popen(
        [COMMAND, "sql", "--data", tmp_path, "--format", "csv", "select 'Zürich' as city from range(10000000)"],
        env=os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == [b"city\n", b"Z?rich\n"]
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait()) == (b"", 1)


def test_interrupted_query_prints_one_line(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "news.duckdb").close()
    process = subprocess.Popen(
        [COMMAND, "sql", "--data", tmp_path, "select count(*) from range(1000000000) a, range(1000000000) b"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    news = str(tmp_path / "news.duckdb")
    while not any(file.path == news for file in psutil.Process(process.pid).open_files()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.count("\n")) == (130, 1), error
