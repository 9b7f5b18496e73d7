"""The DAGs in a real Airflow load clean and do what the command does. What a whole installation does: tests/e2e."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.cli.airflow import SCHEDULES
from pipeline.events import RunFailed
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.models_pool import MODELS_POOL
from pipeline.monitor.state import read_state
from pipeline.seen_ledgers import SeenLedger
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.steps.processing import PROCESSING_STEPS
from tests.worlds.ledgers import empty_ledger, settings_at
from tests.worlds.loaded_airflow import COMMAND, END_RUN, LOAD, Airflow
from tests.worlds.loopback import WebServer
from tests.worlds.mailbox import webhook
from tests.worlds.running import articles, entry, newsledger, rows
from tests.worlds.stories import item

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not COMMAND.exists(), reason="newsledger[airflow] is not installed"),
]


FAILING = """
from datetime import UTC, datetime
from airflow.sdk import dag, task
from pipeline.run_failures import record_failure

@dag(start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None, default_args={"on_failure_callback": record_failure})
def failing():
    @task(map_index_template="{{ task.op_kwargs['label'] }}")
    def collect(label):
        if label == "south":
            raise RuntimeError("the disk is full\\nof leaves")

    collect.expand(label=["north", "south"])

failing()
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    started = Airflow(tmp_path_factory.mktemp("airflow"), FAILING)
    status, printed = started.command("db", "migrate")
    assert status == 0, printed
    yield started
    started.close()


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[Path]:
    """A sources.toml with two small outlets that are up."""
    with WebServer() as north, WebServer() as south:
        sources = tmp_path / "sources.toml"
        sources.write_text(entry("north", north.base) + entry("south", south.base))
        for web in (north, south):
            web.feed("/feed.xml", ("/a", "First story"), ("/b", "Second story"))
            for path in ("/a", "/b"):
                web.page(path, f"Story {path}", *(f"Sentence {n} of a story about the harbour." for n in range(9)))
        yield sources


def surroundings(outlets: Path, data: Path, *, is_new: bool = True) -> dict[str, str]:
    """The environment of a run over these outlets, with a ledger in the data directory."""
    if is_new:
        empty_ledger(settings_at(data))
    return {
        "NEWSLEDGER_SOURCES": str(outlets),
        "NEWSLEDGER_DATA": str(data),
        "NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1",
        "NEWSLEDGER_LOOKBACK_DAYS": "7",
        "NEWSLEDGER_NOTIFY": "",
        "NEWSLEDGER_PERSON_IDS": "",
        "NEWSLEDGER_ANNOTATORS": "rules",
    }


def test_the_dags_load_without_errors_or_warnings(airflow: Airflow, outlets: Path, tmp_path: Path) -> None:
    code = LOAD.replace("FOLDER", repr(str(PROJECT_ROOT / "dags")))
    status, printed = airflow.run(code, env=surroundings(outlets, tmp_path / "data", is_new=False))
    assert status == 0, printed
    bag = json.loads(printed.splitlines()[-1])
    assert (bag["errors"], bag["warnings"]) == ({}, [])
    assert bag["dags"] == ["ingest_daily", "maintain_weekly", "poll_hourly"]
    assert (bag["unexplained"], bag["careless"], bag["sources"]) == ([], [], ["array", "null"])
    assert bag["schedules"] == dict(zip(SCHEDULES, ("0 0 * * *", "30 * * * *", "0 3 * * 0"), strict=True))
    assert bag["tasks"] == {
        "plan": ["collect", "extract"],
        "collect": ["extract", "verdict"],
        "extract": ["learn", "verdict"],
        "learn": ["join", "verdict"],
        "join": ["annotate", "verdict"],
        "annotate": ["build_models", "verdict"],
        "build_models": ["publish", "sum_up"],
        "publish": ["verdict"],
        "sum_up": ["verdict"],
        "verdict": [],
    }
    assert bag["pools"]["build_models"] == MODELS_POOL
    assert set(bag["pools"].values()) == {"default_pool", MODELS_POOL}
    assert bag["catchup"] is False
    assert bag["runs at once"] == {"ingest_daily": 4, "poll_hourly": 1, "maintain_weekly": 1}
    assert bag["offered"] == ["north", "south"]
    assert bag["refused"] == "the logical date, 9000-03-14 15:09, is in the future: leave it empty"
    triggered = "manual__triggered_2026-03-15T00:00:00__"
    assert bag["run ids"] == ["scheduled__2026-03-14__", triggered, "manual__2026-03-11__", triggered]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("smtp:desk@example.org, smtp:night@example.org", "['SmtpNotifier', 'SmtpNotifier']"),
        ("", "[]"),
        ("slack, apprise", "['SlackWebhookNotifier', 'AppriseNotifier']"),
        ("pigeon", "NEWSLEDGER_NOTIFY: name 1 is none of smtp, slack, apprise"),
        ("smtp", "NEWSLEDGER_NOTIFY: 'smtp' names no recipient; write smtp:desk@example.org"),
    ],
)
def test_notifiers_are_those_of_airflow(airflow: Airflow, value: str, said: str) -> None:
    code = (
        f"sys.path.append({str(PROJECT_ROOT / 'dags')!r})\n"
        "from newsledger_notifiers import notifiers\n"
        "from pipeline.settings import load_settings\n"
        "print([type(each).__name__ for each in notifiers(load_settings().notify)])"
    )
    _, printed = airflow.run(code, env={"NEWSLEDGER_NOTIFY": value, "NEWSLEDGER_LOOKBACK_DAYS": "7"})
    assert said in printed.splitlines()[-1]


def test_a_missing_provider_is_named(airflow: Airflow) -> None:
    blocked = "sys.modules['airflow.providers.slack.notifications.slack_webhook']"
    code = (
        f"sys.path.append({str(PROJECT_ROOT / 'dags')!r})\n"
        f"from newsledger_notifiers import notifiers\n{blocked} = None\n"
        f"try:\n    notifiers(('slack',))\nfinally:\n    del {blocked}"
    )
    _, printed = airflow.run(code, env={"NEWSLEDGER_LOOKBACK_DAYS": "7"})
    assert "NEWSLEDGER_NOTIFY: install apache-airflow-providers-slack for 'slack'" in printed.splitlines()[-1]


def test_later_tasks_try_again_while_sources_or_settings_are_edited(airflow: Airflow) -> None:
    code = (
        f"sys.path.append({str(PROJECT_ROOT / 'dags')!r})\n"
        "from newsledger_tasks import later_task\n"
        "from pipeline.errors import LedgerTooNew, SettingsError, SourcesError\n"
        "ends = []\n"
        "for error in (SourcesError, SettingsError, LedgerTooNew):\n"
        "    try:\n"
        "        with later_task():\n"
        "            raise error('wrong')\n"
        "    except Exception as exc:\n"
        "        ends.append(type(exc).__name__)\n"
        "print(ends)"
    )
    _, printed = airflow.run(code, env={"NEWSLEDGER_LOOKBACK_DAYS": "7"})
    assert printed.splitlines()[-1] == "['SourcesError', 'SettingsError', 'AirflowFailException']"


def test_a_failed_run_sends_one_message_by_each_notifier_and_how_a_run_ends_is_recorded(
    airflow: Airflow, outlets: Path, tmp_path: Path
) -> None:
    """With what a person needs: which DAG, of which day, which task, and where its log is."""
    environment = surroundings(outlets, tmp_path / "data")
    airflow.command("dags", "test", "ingest_daily", "--conf", json.dumps({"sources": ["nroth"]}), env=environment)
    with webhook() as hook:
        apprise = {"path": f"json://{hook.base.partition('//')[2]}/apprise"}
        told = {
            "NEWSLEDGER_NOTIFY": "slack, apprise",
            "AIRFLOW_CONN_SLACK_DEFAULT": json.dumps({"conn_type": "slackwebhook", "password": f"{hook.base}/slack"}),
            "AIRFLOW_CONN_APPRISE_DEFAULT": json.dumps({"conn_type": "apprise", "extra": {"config": apprise}}),
        }
        status, printed = airflow.run(END_RUN.replace("FOLDER", repr(str(PROJECT_ROOT / "dags"))), env=told)
        assert status == 0, printed
        airflow.run("", env={"NEWSLEDGER_NOTIFY": ""})  # for the next test
    posts = {path: [json.loads(body) for body in bodies] for path, bodies in hook.posts.items()}
    assert {path: len(bodies) for path, bodies in posts.items()} == {"/slack": 2, "/apprise": 2}, printed
    assert posts["/apprise"][0]["title"] == "ingest_daily failed"
    for text in (posts["/slack"][0]["text"], posts["/apprise"][0]["message"]):
        assert "ingest_daily of 2026-03-14 failed in its task plan.\nLog: http" in text
        assert "/dags/ingest_daily/runs/manual__" in text
    assert "ingest_daily of 2026-03-14 took too long and was ended in its task plan." in posts["/slack"][1]["text"]
    with Ledger.open_existing(tmp_path / "data" / "ledger.sqlite") as ledger:
        failures = ledger.table("select task_id, error from ledger.run_failed order by position").to_pylist()
        assert ledger.table("select 1 from ledger.run_succeeded").num_rows == 1
    assert [failure["task_id"] for failure in failures] == ["plan", None]
    assert failures[1]["error"] == "took longer than 20:00:00 and was ended; its task plan had not finished"


UNKNOWN = "unknown sources 'nroth', 'soth'; the nearest known are: north, south"


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        ("unknown source", UNKNOWN),
        ("unknown parameter", "unknown parameter 'source' of ingest_daily; the nearest known are: sources, "),
        ("broken sources", "sources.toml: "),
        ("NEWSLEDGER_LOOKBACK_DAYS=a week", "NEWSLEDGER_LOOKBACK_DAYS: "),
        ("NEWSLEDGER_NOTIFY=pigeon", "NEWSLEDGER_NOTIFY: name 1 is none of smtp, slack, apprise"),
        ("newer ledger", "made by a newer newsledger"),
        ("no data directory", "is not a directory; mount it, or run `newsledger init`"),
        ("empty data directory", "ledger.sqlite: there is no ledger, but there was one in /mnt/news: mount its disk"),
    ],
)
def test_a_mistake_fails_the_first_task_and_nothing_runs_after_it(
    airflow: Airflow, outlets: Path, tmp_path: Path, mistake: str, line: str
) -> None:
    environment = surroundings(outlets, tmp_path / "data", is_new="data directory" not in mistake)
    given = {"unknown source": {"sources": ["nroth", "soth"]}, "unknown parameter": {"source": ["north"]}}
    conf = json.dumps(given.get(mistake, {"sources": None}))
    if mistake == "broken sources":
        outlets.write_text('[[source]\nid = "north"')
    elif mistake.startswith("NEWSLEDGER_"):
        setting, _, value = mistake.partition("=")
        environment[setting] = value
    elif mistake == "newer ledger":
        with Ledger.open(tmp_path / "data" / "ledger.sqlite") as ledger:
            ledger._con.execute("insert into ledger.ledger_format values (99)")
    elif mistake == "empty data directory":
        (tmp_path / "data").mkdir()
        airflow.command("variables", "set", "newsledger_ledger", "/mnt/news")
    _, printed = airflow.command("dags", "test", "ingest_daily", "--conf", conf, env=environment)
    assert "AirflowFailException" in printed
    assert line in [text for text in printed.splitlines() if "AirflowFailException: " in text][-1]
    assert not [name for name in ("collect", "extract", "publish", "sum_up", "verdict") if f"<{name}" in printed]
    assert (tmp_path / "data").exists() == (mistake != "no data directory")
    assert not (tmp_path / "data" / "news.duckdb").exists()
    assert (tmp_path / "data" / "ledger.sqlite").exists() == ("data directory" not in mistake)


def test_the_hourly_run_polls_and_captures_what_is_due_and_nothing_else(
    airflow: Airflow, outlets: Path, tmp_path: Path
) -> None:
    """The second run also sees which runs are successful in Airflow, although a failure of them is recorded."""
    environment = surroundings(outlets, tmp_path / "hourly")
    for number in range(2):
        status, printed = airflow.command("dags", "test", "poll_hourly", env=environment)
        assert status == 0, printed
        if number == 0:
            with Ledger.open(tmp_path / "hourly" / "ledger.sqlite") as ledger:
                (first,) = ledger.table("select distinct run_id from ledger.feed_polled").to_pylist()
                for run_id in (first["run_id"], "scheduled__1"):
                    ledger.append([failed(run_id)], Run(run_id))
    with Ledger.open_existing(tmp_path / "hourly" / "ledger.sqlite") as ledger:
        assert ledger.table("select run_id from ledger.run_succeeded").to_pylist() == [first]
        (polls,) = ledger.table("select count(*) as polls from ledger.feed_polled").to_pylist()
        (pages,) = ledger.table("select count(*) as pages from ledger.article_captured").to_pylist()
    assert polls == {"polls": 2}, "the second run found nothing due"
    assert pages == {"pages": 4}
    assert not (tmp_path / "hourly" / "news.duckdb").exists()
    given = json.dumps({"sources": ["north"]})
    _, printed = airflow.command("dags", "test", "poll_hourly", "--conf", given, env=environment)
    assert "unknown parameter 'sources' of poll_hourly; it takes no parameters" in printed


def failed(run_id: str) -> RunFailed:
    return RunFailed(
        stream=f"run:poll_hourly/{run_id}",
        occurred_at=utc_now(),
        producer="airflow@1",
        dag_id="poll_hourly",
        task_id="plan",
        try_number=1,
        error="OSError: no space left",
    )


def test_the_weekly_run_merges_and_verifies(airflow: Airflow, tmp_path: Path, run: Run) -> None:
    data = tmp_path / "weekly"
    with Ledger.open(data / "ledger.sqlite") as ledger:
        for n in range(5):
            ledger.append([item(f"{n}")], run)
    environment = {"NEWSLEDGER_DATA": str(data), "NEWSLEDGER_LOOKBAK_DAYS": "3"}
    status, printed = airflow.command("dags", "test", "maintain_weekly", env=environment)
    assert status == 0, printed
    assert "unknown_setting" in printed, "its first task looks at the installation, as that of every DAG"
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        assert ledger.table("select 1 from ducklake_list_files('ledger', 'item_discovered')").num_rows == 1


@pytest.mark.parametrize("usable", [True, False])
def test_a_failed_task_is_recorded_where_it_can_be_and_shows_its_own_error(
    airflow: Airflow, tmp_path: Path, usable: bool
) -> None:
    data = tmp_path / "data"
    if usable:
        Ledger.open(data / "ledger.sqlite").close()
    else:
        data.write_text("a file where the folder should be")
    _, printed = airflow.command("dags", "test", "failing", env={"NEWSLEDGER_DATA": str(data)})
    assert "RuntimeError: the disk is full" in printed
    if not usable:
        assert "run_not_recorded" in printed
        return
    with Ledger.open_existing(data / "ledger.sqlite") as ledger:
        (failure,) = ledger.table("select * from ledger.run_failed").to_pylist()
    assert (failure["dag_id"], failure["task_id"], failure["map_index"]) == ("failing", "collect", 1)
    assert (failure["label"], failure["try_number"]) == ("south", 1)
    assert failure["error"] == "RuntimeError: the disk is full of leaves"
    assert failure["run_id"].startswith("manual__")


def test_a_run_in_airflow_publishes_what_the_command_does_and_leaves_it_nothing_to_do(
    airflow: Airflow, outlets: Path, tmp_path: Path
) -> None:
    data = tmp_path / "airflow"
    data.mkdir()
    airflow.run("from airflow.models.variable import Variable; Variable.delete('newsledger_ledger')")
    days = [utc_now().date()]  # `dags test` sets a logical date
    environment = surroundings(outlets, data, is_new=False)
    status, printed = airflow.command("dags", "test", "ingest_daily", env=environment)
    assert status == 0, printed[-6000:]
    days.append(utc_now().date())
    assert airflow.asset_events() in [[[f"{day}", 4]] for day in days], "who waits for a publication needs its day"
    _, printed = airflow.command("variables", "get", "newsledger_ledger")
    assert SeenLedger.read(printed.splitlines()[-1]).place == str(data / "ledger.sqlite")
    command = tmp_path / "command"
    done = newsledger("ingest", "--data", command, env=surroundings(outlets, command))
    assert done.returncode == 0, done.stderr
    assert articles(data) == articles(command)
    assert len(articles(data)) == 4
    state = read_state(Settings(data=data), utc_now())
    assert (state.pages_pending, *state.pending.values()) == (0, *(0 for _ in PROCESSING_STEPS))
    assert state.publication is not None and state.publication.head_position == state.ledger.position
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        ((run_id,),) = rows(con, "select distinct run_id from events.feed_polled")
    assert run_id.startswith("manual__")
