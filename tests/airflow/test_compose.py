"""What docker-compose.yml, the Dockerfile and .env.example promise, without a Docker engine."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import standalone
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.sources import load_sources

COMPOSE = PROJECT_ROOT / "docker-compose.yml"
BIN = Path(sys.executable).parent
TEXT = COMPOSE.read_text("utf-8")
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^${}]*))?\}")
NAMED = re.compile(r"\$\{(?P<name>\w+)(?P<how>:?[-?+]?)")
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")
FILLED_IN = {
    "POSTGRES_PASSWORD": "0badc0de",
    "AIRFLOW_FERNET_KEY": "f" * 44,
    "AIRFLOW_API_SECRET_KEY": "a" * 64,
    "AIRFLOW_JWT_SECRET": "j" * 128,
    "ADMIN_PASSWORD": 'it\'s "quoted" $HOME',
}
PARSE_COMMANDS = """
import json, sys
from airflow.cli.cli_parser import get_parser
for command in json.loads(sys.argv[1]):
    get_parser().parse_args(command)
"""


class Refused(Exception):
    """Compose does not start: a variable without which it must not is missing."""


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """As Compose does it: `$$` is a dollar, `:-` gives a default (innermost first), `:?` refuses."""

    def value(match: re.Match[str]) -> str:
        found = variables.get(match["name"], "")
        if not found and match["kind"] == "?":
            raise Refused(match["name"])
        return found or (match["rest"] or "")

    marked = text.replace("$$", "\0")
    while VARIABLE.search(marked):
        marked = VARIABLE.sub(lambda match: value(match).replace("$", "\0"), marked)
    return marked.replace("\0", "$")


def interpolated(node: Any, variables: Mapping[str, str]) -> Any:
    """The document with the values of all its strings filled in."""
    match node:
        case str():
            return interpolate(node, variables)
        case list():
            return [interpolated(each, variables) for each in node]
        case dict():
            return {key: interpolated(each, variables) for key, each in node.items()}
    return node


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = interpolated(yaml.safe_load(TEXT), FILLED_IN)["services"]
    return found


def airflow_services(services: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services.items() if "build" in service}


def long_running(services: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services.items() if name != "init"}


def instructions() -> list[list[str]]:
    """The Dockerfile's instructions as words, comments left out and continued lines joined."""
    lines = (PROJECT_ROOT / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [line.split() for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    copies = [words[1:-1] for words in instructions() if words[0] == "COPY"]
    return [source for sources in copies if not sources[0].startswith("--from") for source in sources]


def test_it_is_a_valid_compose_file() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_services_are_those_of_airflow(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {"postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer"}
    for name in set(services) - {"postgres", "init"}:
        assert services[name]["command"] == ["airflow", name]


def test_every_airflow_service_has_the_same_environment(services: dict[str, dict[str, Any]]) -> None:
    environments = {name: dict(service["environment"]) for name, service in airflow_services(services).items()}
    assert environments["init"].pop("ADMIN_PASSWORD") == FILLED_IN["ADMIN_PASSWORD"]
    for environment in environments.values():
        assert environment == environments["scheduler"]


def test_it_sets_what_every_installation_of_ours_sets(services: dict[str, dict[str, Any]]) -> None:
    environment = services["scheduler"]["environment"]
    assert {name: environment.get(name) for name in standalone.COMMON_ENVIRONMENT} == standalone.COMMON_ENVIRONMENT


def test_every_setting_is_passed_on_and_an_empty_one_stays_empty(services: dict[str, dict[str, Any]]) -> None:
    """A variable without a value is passed on as it is set, and not at all if it is not set."""
    environment = services["scheduler"]["environment"]
    settings = [f"NEWSLEDGER_{field.upper()}" for field in Settings.model_fields]
    assert [name for name in environment if name.startswith("NEWSLEDGER_")] == settings
    fixed = {name for name in settings if environment[name] is not None}
    assert fixed == {"NEWSLEDGER_DATA", "NEWSLEDGER_SOURCES"}, "their places in the container"


def test_every_option_exists_in_this_airflow(services: dict[str, dict[str, Any]]) -> None:
    airflow = importlib.util.find_spec("airflow")
    assert airflow is not None and airflow.origin is not None
    described = yaml.safe_load((Path(airflow.origin).parent / "config_templates" / "config.yml").read_text("utf-8"))
    known = {
        f"AIRFLOW__{section}__{option}".upper() for section in described for option in described[section]["options"]
    }
    names = {name for service in services.values() for name in service["environment"] if name.startswith("AIRFLOW__")}
    assert len(names) > 10
    assert names - known == set()


@pytest.mark.slow
def test_every_airflow_command_parses(services: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    commands = [
        *(service["command"] for service in services.values() if service.get("command", [""])[0] == "airflow"),
        *(service["healthcheck"]["test"][1:] for service in long_running(services).values()),
        ["airflow", "db", "migrate"],
        standalone.models_pool_command(),
    ]
    arguments = [command[1:] for command in commands if command[0] == "airflow"]
    assert len(arguments) == 9
    done = subprocess.run(
        [sys.executable, "-c", PARSE_COMMANDS, json.dumps(arguments)],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def start_init(services: dict[str, dict[str, Any]], folder: Path, **changed: str) -> tuple[int, list[list[str]], Path]:
    """Run what `init` runs, with an `airflow` that only notes its arguments: exit status, calls, passwords file."""
    noted, passwords = folder / "calls.jsonl", folder / "passwords.json"
    stand_in = folder / "bin" / "airflow"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(
        f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]), file=open({str(noted)!r}, 'a'))\n"
    )
    stand_in.chmod(0o755)
    environment = {name: value for name, value in services["init"]["environment"].items() if value is not None} | {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "PATH": f"{stand_in.parent}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(services["init"]["command"], env=environment | changed, capture_output=True, check=False)
    lines = noted.read_text("utf-8").splitlines() if noted.is_file() else []
    return done.returncode, [["airflow", *json.loads(line)] for line in lines], passwords


def test_init_migrates_makes_the_pool_and_sets_the_password(
    services: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    status, calls, passwords = start_init(services, tmp_path)
    assert status == 0
    assert calls == [["airflow", "db", "migrate"], standalone.models_pool_command()]
    assert json.loads(passwords.read_text("utf-8")) == {"admin": FILLED_IN["ADMIN_PASSWORD"]}
    assert passwords.stat().st_mode & 0o777 == 0o600


def test_init_again_changes_the_password_and_closes_its_file(
    services: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "passwords.json").write_text('{"admin": "a much longer password of last time"}')
    (tmp_path / "passwords.json").chmod(0o644)
    status, _, passwords = start_init(services, tmp_path, ADMIN_PASSWORD="new")
    assert status == 0
    assert json.loads(passwords.read_text("utf-8")) == {"admin": "new"}
    assert passwords.stat().st_mode & 0o777 == 0o600


def test_init_refuses_a_short_signing_secret(services: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    status, calls, passwords = start_init(services, tmp_path, AIRFLOW__API_AUTH__JWT_SECRET="j" * 63)
    assert status != 0
    assert calls == [] and not passwords.exists()


def pools(path: Path) -> Iterator[str]:
    """The pool of each task in the DAG file that names one."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        node.targets[0].id: node.value.value
        for node in ast.parse(path.with_name("dag_defaults.py").read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for keyword in (node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "pool"):
        yield (
            str(constants[keyword.value.id]) if isinstance(keyword.value, ast.Name) else ast.literal_eval(keyword.value)
        )


def test_the_dags_use_the_pool_that_init_makes() -> None:
    assert standalone.models_pool_command()[3] == standalone.MODELS_POOL
    named = [pool for path in (PROJECT_ROOT / "dags").glob("*.py") for pool in pools(path)]
    assert named
    assert set(named) == {standalone.MODELS_POOL}


@pytest.mark.parametrize("missing", FILLED_IN)
@pytest.mark.parametrize("empty", [False, True], ids=["unset", "empty"])
def test_it_refuses_to_start_without_a_secret(missing: str, empty: bool) -> None:
    variables = {name: value for name, value in FILLED_IN.items() if name != missing}
    with pytest.raises(Refused, match=f"^{missing}$"):
        interpolated(yaml.safe_load(TEXT), variables | ({missing: ""} if empty else {}))


def test_no_secret_has_a_default() -> None:
    secrets = [match for match in NAMED.finditer(TEXT) if SECRET.search(match["name"])]
    assert {match["name"] for match in secrets} == set(FILLED_IN)
    assert {match["how"] for match in secrets} == {":?"}
    assert not re.search(r"\$\w", TEXT.replace("$$", "")), "a variable without braces cannot refuse"
    written_out = re.findall(r"^\s*(\w*(?:PASSWORD|SECRET|KEY|TOKEN|CONN)): *(?!\S*\$\{)(\S+)", TEXT, re.MULTILINE)
    assert written_out == []


def test_the_example_lists_every_variable_without_a_value() -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text("utf-8").splitlines()
    given = [line for line in lines if line and not line.startswith("#")]
    assert all(line.endswith("=") for line in given)
    named = {match["name"] for match in NAMED.finditer(TEXT)}
    assert {line.removesuffix("=") for line in given} == named | {"NEWSLEDGER_CONTACT"}
    settings = {f"NEWSLEDGER_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"NEWSLEDGER_[A-Z_]+", "\n".join(lines))) <= settings


def test_nothing_runs_as_root(services: dict[str, dict[str, Any]]) -> None:
    users = [words[1] for words in instructions() if words[0] == "USER"]
    for name, service in services.items():
        user = service.get("user") or users[-1]
        assert int(user.partition(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name


def test_what_keeps_running_is_watched_and_restarted(services: dict[str, dict[str, Any]]) -> None:
    assert services["init"]["restart"] == "no"
    for name, service in long_running(services).items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name


def test_every_log_is_rotated(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_airflow_starts_when_its_database_is_ready(services: dict[str, dict[str, Any]]) -> None:
    for name, service in airflow_services(services).items():
        conditions = {other: waits["condition"] for other, waits in service["depends_on"].items()}
        assert conditions["postgres"] == "service_healthy", name
        assert name == "init" or conditions["init"] == "service_completed_successfully", name


def test_only_the_page_is_published_and_only_on_loopback(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if service.get("ports")] == ["api-server"]
    (port,) = services["api-server"]["ports"]
    address, host_port, container_port = port.split(":")
    assert ip_address(address).is_loopback
    base_url = services["api-server"]["environment"]["AIRFLOW__API__BASE_URL"]
    assert base_url == f"http://{address}:{host_port}"
    assert f":{container_port}/execution/health" in services["api-server"]["healthcheck"]["test"][-1]
    assert (
        services["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
        == f"http://api-server:{container_port}/execution/"
    )


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """What is mounted where: target by source."""
    short = (volume.split(":") for volume in service["volumes"] if isinstance(volume, str))
    long = ((volume["source"], volume["target"]) for volume in service["volumes"] if isinstance(volume, dict))
    return {source: target for source, target, *_ in (*short, *long)}


def test_what_must_last_lies_on_volumes(services: dict[str, dict[str, Any]]) -> None:
    declared = set(yaml.safe_load(TEXT)["volumes"])
    used = {source for service in services.values() for source in mounts(service) if not source.startswith(".")}
    assert used == declared
    scheduler = services["scheduler"]
    environment = scheduler["environment"]
    assert mounts(scheduler)["data"] == environment["NEWSLEDGER_DATA"]
    assert mounts(scheduler)["./sources.toml"] == environment["NEWSLEDGER_SOURCES"]
    assert load_sources(PROJECT_ROOT / "sources.toml")
    for name, service in airflow_services(services).items():
        shared = Path(mounts(service)["airflow"])
        assert Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).parent == shared, name
        assert Path(environment["AIRFLOW__LOGGING__BASE_LOG_FOLDER"]).is_relative_to(shared), name


def test_the_image_has_the_dags_where_airflow_looks(services: dict[str, dict[str, Any]]) -> None:
    folder = Path(services["scheduler"]["environment"]["AIRFLOW__CORE__DAGS_FOLDER"])
    (home,) = {words[1] for words in instructions() if words[0] == "WORKDIR"}
    assert folder.is_relative_to(home)
    assert str(folder.relative_to(home)) in copied()


def test_the_image_is_built_from_the_lock() -> None:
    (sync,) = [words for words in instructions() if {"pip", "sync"} <= set(words)]
    assert "--require-hashes" in sync and "requirements.lock" in sync
    others = [words for words in instructions() if "install" in words and "pip" in words and words != sync]
    assert all("--no-deps" in words or re.fullmatch(r"uv==[\d.]+", words[-1]) for words in others)


def test_what_the_image_copies_exists_and_nothing_else_is_sent() -> None:
    assert copied()
    for source in copied():
        assert (PROJECT_ROOT / source).exists(), source
    patterns = (PROJECT_ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert next(line for line in patterns if line and not line.startswith("#")) == "*"
    assert {line[1:] for line in patterns if line.startswith("!")} == set(copied())


def test_images_are_pinned_and_no_host_is_named(services: dict[str, dict[str, Any]]) -> None:
    bases = [words[1] for words in instructions() if words[0] == "FROM"]
    assert len(set(bases)) == 1
    for image in (*bases, *(service["image"] for service in services.values() if "build" not in service)):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*", image), image
    assert {service["pull_policy"] for service in airflow_services(services).values()} == {"build"}
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text("utf-8")
    assert not re.search(r"://|index|find-links|trusted-host", dockerfile)
