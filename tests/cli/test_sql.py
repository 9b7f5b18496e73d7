"""newsledger sql: queries by name, from a pipe and with parameters, and where their results go."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import duckdb
import psutil
import pytest

from pipeline.settings import PROJECT_ROOT
from tests.worlds.running import COMMAND, fails_with_one_line, newsledger, newsledger_process

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("arguments", [("search",), ("sql",), ("sql", ASKED, "--set"), ("search", "x", "--source")])
def test_a_text_that_is_not_utf8(news: Path, arguments: tuple[str, ...]) -> None:
    line = fails_with_one_line(newsledger(*arguments, "least=br\udcfcck", "--data", news))
    assert line == "newsledger: 'least=br\N{REPLACEMENT CHARACTER}ck' on the command line is not valid UTF-8"


def test_umlauts_where_the_locale_knows_only_ascii(news: Path) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = newsledger_process("sql", "--data", news, "select length('brück') as n", "--format", "csv", env=ascii_only)
    assert (done.returncode, done.stdout) == (0, "n\n5\n"), done.stderr


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (">&-", "newsledger: standard output is closed; use >/dev/null to see nothing\n"),
        (">/dev/full", "newsledger: standard output or a file: no space left on the disk; "),
    ],
)
def test_an_output_that_takes_nothing(news: Path, to: str, said: str) -> None:
    shell = ["sh", "-c", f'"$0" sql --data "$1" "select 1" {to}', str(COMMAND), str(news)]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1


def test_a_query_name_with_a_typo(news: Path) -> None:
    line = fails_with_one_line(newsledger("sql", "who_said_wat", "--data", news))
    assert "the nearest names are: who_said_what, " in line and line.count(", ") == 2


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
    assert (process.returncode, error) == (130, "newsledger: interrupted; run the same command again\n")


@pytest.mark.parametrize("query", ["call {}", "from {}", "from system.main.{}; select 1", "from query('from {}')"])
def test_a_query_cannot_turn_on_a_log_in_a_file(news: Path, query: str) -> None:
    """DuckDB would open the file at the next statement, and abort the process if it may not."""
    call = "Enable_Logging(storage = {quote}file{quote}, storage_path = {quote}{path}{quote})"
    quote = "''" if "query" in query else "'"
    text = query.format(call.format(quote=quote, path=news / "log"))
    done = newsledger_process("sql", "--data", news, text)
    assert done.returncode == 1
    assert "fails: it turns on DuckDB's log" in done.stderr
    assert not (news / "log").exists()
