"""The prompt of `newsledger sql`, on a real pseudo-terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from pipeline.cli.answers import OutputFormat
from pipeline.cli.sql_prompt import SqlCompleter, converse, is_complete
from tests.worlds.running import COMMAND
from tests.worlds.terminal import Terminal, terminal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a small published file, in which a name has a character that controls terminals."""
    folder = tmp_path_factory.mktemp("news")
    with duckdb.connect(folder / "news.duckdb") as con:
        con.execute("create schema events; create table events.feed_polled (outcome varchar)")
        con.execute("create table outlets (name varchar, headlines integer)")
        con.execute("insert into outlets values ('Harbour Post', 3), ('Meri' || chr(8238) || 'dian', 1)")
        con.execute("create macro headlines_of(asked) as table select headlines from outlets where name = asked")
    return folder


@pytest.fixture
def prompt(news: Path, tmp_path: Path) -> Iterator[Terminal]:
    env = {"XDG_STATE_HOME": str(tmp_path), "PAGER": "less"}
    with terminal(COMMAND, "sql", "--data", news, env=env) as opened:
        opened.see("ctrl-D ends.")
        opened.see("news>")
        yield opened


def test_a_statement_over_two_lines(prompt: Terminal) -> None:
    prompt.type("select name\r")
    prompt.see("...>")
    prompt.type("from outlets where headlines = 3;\r")
    answer = prompt.see("│ Harbour Post │")
    assert "varchar" in answer
    prompt.see("news>")


def test_names_are_completed(prompt: Terminal) -> None:
    prompt.type("select 1 + 2 as three from outl\t")
    prompt.see("outlets")
    prompt.type(" limit 1;\r")
    prompt.see("3 │")


def test_an_error_ends_nothing(prompt: Terminal) -> None:
    prompt.type("select * from nowhere;\r")
    prompt.see("Table with name nowhere does not exist")
    prompt.see("news>")
    prompt.type("select 6 * 7 as answer;\r")
    prompt.see("42 │")


def test_control_characters_do_not_reach_the_terminal(prompt: Terminal) -> None:
    prompt.type("from outlets where headlines = 1;\r")
    prompt.see("Meri\N{REPLACEMENT CHARACTER}dian")


def test_ctrl_c_cancels_a_statement(prompt: Terminal) -> None:
    prompt.type("select 'begun' as it; select count(*) from range(1000000000) a, range(1000000000) b;\r")
    prompt.see("│ begun   │")
    prompt.type("\x03")
    prompt.see("cancelled")
    prompt.see("news>")
    prompt.type("unfinished\x03")
    prompt.see("news>")
    prompt.type("select 6 * 7 as answer;\r")
    prompt.see("42 │")


def test_ctrl_c_before_the_statement_has_begun_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(text: str, use: Callable[[duckdb.DuckDBPyRelation], None]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        use(con.sql(text))

    endless = "select count(*) from range(1000000000) a, range(1000000000) b"
    with duckdb.connect() as con, create_pipe_input() as typed, create_app_session(typed, DummyOutput()):
        typed.send_text(f"{endless};\r{endless};\r\x04")
        converse(con, run, OutputFormat.TABLE, tmp_path / "history")
    assert capsys.readouterr().err.count("cancelled") == 2


def test_a_long_answer_is_paged(prompt: Terminal) -> None:
    prompt.type("select range as n from range(500);\r")
    assert "│   400 │" not in prompt.see("│    20 │")
    prompt.type("G")
    prompt.see("│   499 │")
    prompt.type("q")
    prompt.see("news>")


def test_queries_are_listed_and_run_by_name(prompt: Terminal) -> None:
    prompt.type("queries\r")
    assert "what_changed" in prompt.see("who_said_what")
    prompt.see("news>")
    prompt.type("vanished\r")
    prompt.see("Table with name articles does not exist")


def test_ctrl_d_ends_and_the_history_is_kept(prompt: Terminal, news: Path, tmp_path: Path) -> None:
    prompt.type("select 6 * 7 as answer;\r")
    prompt.see("42 │")
    prompt.see("news>")
    prompt.type("\x04")
    assert prompt.wait() == 0
    assert "select 6 * 7 as answer;" in (tmp_path / "newsledger" / "sql_history").read_text()
    with terminal(COMMAND, "sql", "--data", news, env={"XDG_STATE_HOME": str(tmp_path)}) as again:
        again.see("news>")
        again.type("\x1b[A\r")
        again.see("42 │")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("who_sa", ["who_said_what"]),
        ("from outl", ["outlets"]),
        ("select * from events.", ["feed_polled"]),
        ("select * from outlets as o where o.na", ["name"]),
        ("select outlets.", ["name", "headlines"]),
        ("from headlines_", ["headlines_of"]),
        ("select headlines from outlets qual", ["qualify"]),
    ],
)
def test_completions(news: Path, typed: str, expected: list[str]) -> None:
    with duckdb.connect(news / "news.duckdb", read_only=True) as con:
        found = SqlCompleter(con).get_completions(Document(typed), CompleteEvent())
    assert [each.text for each in found] == expected


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True),
        ("vanished", True),
        ("queries", True),
        ("from outlets", False),
        ("from outlets;", True),
        ("select 'a;", False),
        ("select 'a;b';", True),
        ("select wrong wrong wrong;", True),
        ("vanishing", False),
    ],
)
def test_a_semicolon_ends_a_statement(text: str, complete: bool) -> None:
    assert is_complete(text) is complete
