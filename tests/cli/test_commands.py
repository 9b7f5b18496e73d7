"""Commands print what they document; bad input gives one clear line and a status other than 0."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest
import structlog
from filelock import FileLock
from typer.testing import CliRunner

from pipeline.cli import console
from pipeline.cli.app import app
from pipeline.display import json_text
from pipeline.errors import NewsledgerError, PageError
from pipeline.events import FeedPolled, PollOutcome
from pipeline.ledger import Ledger, Run
from pipeline.settings import PROJECT_ROOT, LogFormat, LogLevel
from pipeline.steps.run.source_report import SourceReport
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import ALLOW, COMMAND, articles, entry, fails_with_one_line, newsledger, newsledger_process
from tests.worlds.stories import item

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("command", ["status", "verify", "sql"])
def test_empty_data_directory(tmp_path: Path, command: str) -> None:
    arguments = ("select 1",) if command == "sql" else ()
    line = fails_with_one_line(newsledger(command, *arguments, "--data", tmp_path / "data"))
    assert "newsledger demo" in line
    assert not (tmp_path / "data").exists()


def test_a_bad_setting(tmp_path: Path) -> None:
    line = fails_with_one_line(newsledger("init", "--data", tmp_path, env={"NEWSLEDGER_LOOKBACK_DAYS": "soon"}))
    assert "NEWSLEDGER_LOOKBACK_DAYS: must be a valid integer" in line
    line = fails_with_one_line(newsledger("init", "--data", tmp_path, env={"NEWSLEDGER_REVISIT_AFTER": "later"}))
    assert "NEWSLEDGER_REVISIT_AFTER: must be ages such as" in line


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("what?", "ends there; rename the folder"),
        ("x" * 200 + "/" + "y" * 200 + "/" + "z" * 200, "bytes; SQLite opens none with more than 480"),
        ("\udcff", "the path must be valid UTF-8"),
    ],
)
def test_a_data_directory_that_cannot_be_opened(own_folder: None, folder: str, message: str) -> None:
    assert message in fails_with_one_line(newsledger("init", "--data", folder))


def test_pages_of_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert "nowhere: is not a directory" in fails_with_one_line(newsledger("serve", "--data", tmp_path / "nowhere"))


def test_a_busy_port(tmp_path: Path) -> None:
    with WebServer() as web:
        port = web.base.rpartition(":")[2]
        said = fails_with_one_line(newsledger("demo", "--port", port, "--data", tmp_path))
        assert f"port {port} cannot be used" in said
        assert said.endswith(" demo --port NUMBER`")


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
    assert re.search(r": (1 finding|[2-9]\d* findings), so it does not hold what was recorded; ", done.stderr)


def test_status_shows_sources_pending_work_and_lost_pages(tmp_path: Path) -> None:
    with WebServer() as web:
        web.feed("/feed.xml", ("/a", "A"), ("/gone", "B"), ("/broken", "C"), published_at=datetime.now(UTC))
        web.page("/a", "Story", *(f"Sentence {n} of a story about the harbour and the town." for n in range(9)))
        web.answers["/gone"], web.answers["/broken"] = Answer(status=410), Answer(status=500)
        sources = tmp_path / "sources.toml"
        sources.write_text(entry("harbour", web.base))
        run = ("--data", tmp_path / "data")
        assert newsledger("ingest", "--sources", sources, *run, env=ALLOW).returncode == 0
    status = newsledger("status", *run).stdout
    assert "1 pages to capture, 0 to extract, 0 to learn, 0 to join, 0 to annotate, 1 lost" in status
    assert re.search(rf"{web.base}/gone\W+gone\b", status)
    assert "(1 gone)" in status
    assert re.search(r"1 lost since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n", status)
    assert re.search(r" articles first seen from (20\d\d-\d\d-\d\d) to \1 captured\n", status)
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
    os.mkfifo(pipe := tmp_path / "pipe")
    refused = CliRunner().invoke(app, ["metrics", "-o", str(pipe), *map(str, run)])
    assert f"{pipe}: is not a regular file" in str(refused.exception)
    assert pipe.is_fifo(), "as root, /dev/stdout would be replaced, too"
    assert [path.name for path in tmp_path.glob("*prom*")] == ["newsledger.prom"]

    os.truncate(tmp_path / "data" / "news.duckdb", 3_000)
    damaged = newsledger("status", *run)
    assert damaged.returncode == 0 and "sources     1, 1 with failing feeds" in damaged.stdout
    cure = "`newsledger models`, then `newsledger publish`, write it again"
    assert re.search(rf"published   .*news\.duckdb: cannot be opened: .*{cure}\n", damaged.stdout)
    for asked in (("sql", "select 1"), ("search", "harbour"), ("report", "-o", str(tmp_path / "report"))):
        assert cure in fails_with_one_line(newsledger(*asked, *run))
    for command in ("models", "publish"):
        assert newsledger(command, *run).returncode == 0
    assert newsledger("search", "harbour", *run).returncode == 0


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


# output


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred",
        "a\x00b",
        "a\u202eb",
        "a\x9b31m",
        "\r\n",
        "a\u061cb\u2029",
        "a\U000e0041",
        "\u200ea\xadb\u200bc\ufeff",
    ],
)
def test_fetched_text_cannot_control_the_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor a log, nor the message of an error, which Airflow shows."""
    console.echo(text)
    console.say(text)
    console.table(None, ["words"], [[text]])
    for log_format in LogFormat:
        console.configure_logs(log_format, LogLevel.INFO)
        structlog.get_logger().info("said", words=text)
    print(json_text([text]))
    printed = capsys.readouterr()
    assert msgspec.json.decode(printed.out.splitlines()[-1]) == [text]
    report = SourceReport(source_id="alpha", problems=(text,))
    errors = (str(NewsledgerError(text)), str(PageError("no_text", text)))
    for shown in (printed.out, printed.err, *errors, str(report.fields()["problem"])):
        assert not any(
            character in shown for character in "\x1b\x00\u061c\u2029\u202e\x9b\r\U000e0041\u200e\xad\u200b\ufeff"
        )


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
