"""The documentation names files, commands and event types that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.cli.app import app
from pipeline.events import EVENT_TYPES, event_type
from tests.style import settings_table
from tests.style.bill_of_materials import bill_of_materials
from tests.worlds.compose_file import CLUSTER, FILLED_IN_CLUSTER, airflow_services, read

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")))
]
PAGES += sorted((ROOT / "docs" / "decisions").glob("*.md"))
README = (ROOT / "README.md").read_text("utf-8")
FOLDERS = ("dags", "docs", "pipeline", "sql", "tests")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    linked = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing += [target for target in linked if target and not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_tests_exist(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text("utf-8"))
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text("utf-8")] == []


def test_architecture_lists_every_event_type() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.search(r"\| event type \|.*?\n\n", text, re.S)
    assert rows is not None
    assert re.findall(r"^\| `(\w+)`", rows[0], re.M) == [event_type(cls) for cls in EVENT_TYPES]


def test_the_page_about_several_machines_names_every_test_of_one_host_with_its_reason() -> None:
    text = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    marked = {
        (f"tests/{path.relative_to(ROOT / 'tests')}", reason)
        for path in (ROOT / "tests").rglob("test_*.py")
        for reason in re.findall(r'mark\.one_host\("([^"]+)"\)', path.read_text("utf-8"))
    }
    rows = {(file, reason) for file, reason in re.findall(r"^\| `(tests/\S+\.py)`: [^|]+ \| ([^|]+) \|$", text, re.M)}
    assert rows == marked != set()


def test_the_page_about_several_machines_lists_the_modules_that_run_there() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    again = re.search(r"^CLUSTER_TESTS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert again
    folders = {path for path in again[1].split() if not path.endswith(".py")} | {"tests/ledger"}
    listed = {
        folder: set(re.findall(r"`(\w+)`", names))
        for folder, names in re.findall(r"^\| `(tests/\w+)` \| (.*)$", page, re.M)
    }
    assert listed == {
        folder: {path.stem.removeprefix("test_") for path in (ROOT / folder).glob("test_*.py")} for folder in folders
    }


@pytest.mark.parametrize(
    ("place", "variable"),
    [
        ("PostgreSQL: airflow", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD"),
        ("PostgreSQL: newsledger", "NEWSLEDGER_CATALOG"),
        ("S3", "AWS_SHARED_CREDENTIALS_FILE"),
    ],
)
def test_the_picture_of_a_cluster_shows_who_uses_databases_and_store(place: str, variable: str) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    cluster = airflow_services(read(CLUSTER, FILLED_IN_CLUSTER)["services"])
    (services,) = re.findall(r"^ +api-server .* worker, .*$", page, re.MULTILINE)
    (line,) = re.findall(rf"^    {place} ◀.*$", page, re.MULTILINE)
    spans = {match[1]: match.span() for match in re.finditer(r"([\w-]+)(, worker, …)?", services)}
    drawn = {name for name, (start, end) in spans.items() if "●" in line[start:end]}
    assert spans.keys() == cluster.keys() - {"init", "bucket"}
    assert drawn == {name for name in spans if variable in cluster[name]["environment"]}


def test_the_bill_of_materials_names_every_file_of_the_lock() -> None:
    bill, lock = bill_of_materials(), (ROOT / "requirements.lock").read_text("utf-8")
    assert (bill["bomFormat"], bill["specVersion"], bill["metadata"]["component"]["name"]) == (
        "CycloneDX",
        "1.6",
        "newsledger",
    )
    pinned = [line.split()[0] for line in lock.splitlines() if "==" in line.partition(";")[0]]
    assert [f"{each['name']}=={each['version']}" for each in bill["components"]] == pinned
    assert len({each["bom-ref"] for each in bill["components"]}) == len(pinned) > 100
    digests = [file["content"] for each in bill["components"] for file in each["externalReferences"][0]["hashes"]]
    assert digests == re.findall(r"sha256:(\w+)", lock)


def test_operations_lists_every_setting_as_it_is_declared() -> None:
    found = settings_table.PLACE.search(settings_table.PAGE.read_text("utf-8"))
    assert found is not None
    assert found[0] == settings_table.settings_table(), "run `python -m tests.style.settings_table`"


def test_named_commands_exist() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups if group.name}
    used = re.compile(r"(?:^ {4}|^\| `|`|/|\$ )newsledger ([a-z]+)", re.M)
    named = {name for page in PAGES for name in used.findall(page.read_text("utf-8"))}
    assert named <= known
    assert {name for name in known if f"newsledger {name}" not in README} == set()
