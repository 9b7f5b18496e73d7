"""What docker-compose.yml, the Dockerfile and .env.example promise, without a Docker engine."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import standalone
from pipeline.models_pool import models_pool_command
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.sources import load_sources
from tests.worlds.compose_file import (
    CLUSTER,
    FILLED_IN,
    FILLED_IN_CLUSTER,
    ONE_HOST,
    Refused,
    Service,
    airflow_services,
    command_of,
    mounts,
    read,
    text_of,
)

BIN = Path(sys.executable).parent
NAMED = re.compile(r"\$\{(?P<name>\w+)(?P<how>:?[-?+]?)")
SECRET = re.compile(r"PASS|SECRET|KEY|TOKEN")
PARSE_COMMANDS = """
import json, sys
from airflow.cli.cli_parser import get_parser
for command in json.loads(sys.argv[1]):
    get_parser().parse_args(command)
"""


def long_running(services: Mapping[str, Service]) -> dict[str, Service]:
    return {name: service for name, service in services.items() if service["restart"] != "no"}


def test_it_is_a_valid_compose_file(compose: Path) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(compose)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_services_are_those_of_airflow(one_host: dict[str, Service], cluster: dict[str, Service]) -> None:
    common = {"api-server", "scheduler", "dag-processor", "triggerer"}
    assert set(one_host) == {"postgres", "init", *common}
    assert set(cluster) == {"postgres", "redis", "objects-owner", "s3", "bucket", "init", *common, "worker"}
    for services in (one_host, cluster):
        for name in common:
            assert services[name]["command"] == ["airflow", name]


def test_every_airflow_service_has_the_same_environment(one_host: dict[str, Service]) -> None:
    environments = {name: dict(service["environment"]) for name, service in airflow_services(one_host).items()}
    assert environments["init"].pop("ADMIN_PASSWORD") == FILLED_IN["ADMIN_PASSWORD"]
    for environment in environments.values():
        assert environment == environments["scheduler"]


def test_a_cluster_has_the_settings_of_one_host_except_those_that_make_it_one(
    one_host: dict[str, Service], cluster: dict[str, Service]
) -> None:
    known, changed = one_host["scheduler"]["environment"], set[str]()
    for service in airflow_services(cluster).values():
        for name, value in service["environment"].items():
            if name.startswith(("AIRFLOW__CELERY", "AWS_")) or name == "PGPASSFILE":
                continue
            from_file = name.endswith("_CMD") and "/run/secrets/" in value
            assert from_file or name in known, name
            changed |= {name} if not from_file and known[name] != value else set()
    assert changed == {
        *("AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__PARALLELISM"),
        "NEWSLEDGER_CATALOG",
        "NEWSLEDGER_STORAGE",
    }
    assert cluster["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_workers_are_alike_and_share_nothing(cluster: dict[str, Service]) -> None:
    worker = cluster["worker"]
    assert worker["command"] == ["airflow", "celery", "worker"]
    assert int(worker["deploy"]["replicas"]) == 2
    assert {mounts(worker)[target] for target in ("/airflow", "/data")} == {""}


def test_only_those_who_need_a_secret_have_it(cluster: dict[str, Service]) -> None:
    had = {
        name: {each if isinstance(each, str) else each["source"] for each in service.get("secrets", ())}
        | {each["source"] for each in service.get("configs", ()) if each["target"].startswith("/run/secrets/")}
        for name, service in cluster.items()
    }
    for name, service in airflow_services(cluster).items():
        read_from = set(re.findall(r"/run/secrets/(\w+)", str([service["environment"], service["command"]])))
        assert read_from == had[name], name
    assert [name for name in had if "airflow_db_password" in had[name]] == [
        *("postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer")
    ], "a worker does not need Airflow's database"
    used = {name for names in had.values() for name in names}
    assert used == {*yaml.safe_load(text_of(CLUSTER))["secrets"], "s3_credentials", "s3_keys"}


def test_redis_takes_the_place_of_the_shell_so_that_it_is_stopped_and_not_killed(
    cluster: dict[str, Service], tmp_path: Path
) -> None:
    stand_in, password = tmp_path / "redis-server", tmp_path / "password"
    stand_in.write_text("#!/bin/sh\necho $$\ncat\n")
    stand_in.chmod(0o700)
    password.write_text("3badc0de")
    command = [word.replace("/run/secrets/redis_password", str(password)) for word in cluster["redis"]["command"]]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.read() == f"{started.pid}\nrequirepass 3badc0de\n"


def test_everything_in_a_cluster_has_limits(cluster: dict[str, Service]) -> None:
    for name, service in long_running(cluster).items():
        assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"]), name


def test_it_sets_what_every_installation_of_ours_sets(services: dict[str, Service]) -> None:
    environment = services["scheduler"]["environment"]
    common = {name: environment.get(name) for name in standalone.COMMON_ENVIRONMENT}
    if "worker" in services:
        for name in ("AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__PARALLELISM"):
            common[name] = standalone.COMMON_ENVIRONMENT[name]
    assert common == standalone.COMMON_ENVIRONMENT


def test_every_setting_is_passed_on_and_an_empty_one_stays_empty(services: dict[str, Service]) -> None:
    """A variable without a value is passed on as it is set, and not at all if it is not set."""
    environment = services["worker" if "worker" in services else "scheduler"]["environment"]
    settings = [f"NEWSLEDGER_{field.upper()}" for field in Settings.model_fields]
    assert [name for name in environment if name.startswith("NEWSLEDGER_")] == settings
    fixed = {name for name in settings if environment[name] is not None}
    places = {"NEWSLEDGER_DATA", "NEWSLEDGER_SOURCES"}
    shared = {"NEWSLEDGER_CATALOG", "NEWSLEDGER_STORAGE"} if "worker" in services else set()
    assert fixed == places | shared


def test_every_option_exists_in_this_airflow(services: dict[str, Service]) -> None:
    from airflow.providers.celery.get_provider_info import get_provider_info
    from kombu.transport.redis import Channel

    known = {
        f"AIRFLOW__{section}__{option}".upper()
        for described in (airflow_options(), get_provider_info()["config"])  # type: ignore[no-untyped-call]
        for section in described
        for option in described[section]["options"]
    }
    # Airflow passes this section on.
    known |= {f"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__{name.upper()}" for name in Channel.from_transport_options}
    names = {
        name.removesuffix("_CMD")
        for service in services.values()
        for name in service.get("environment", ())
        if name.startswith("AIRFLOW__")
    }
    assert len(names) > 10
    assert names - known == set()


def airflow_options() -> dict[str, Any]:
    airflow = importlib.util.find_spec("airflow")
    assert airflow is not None and airflow.origin is not None
    options: dict[str, Any] = yaml.safe_load(
        (Path(airflow.origin).parent / "config_templates" / "config.yml").read_text("utf-8")
    )
    return options


@pytest.mark.slow
def test_every_airflow_command_parses(services: dict[str, Service], tmp_path: Path) -> None:
    commands = [
        *(service["command"] for service in services.values() if service.get("command", [""])[0] == "airflow"),
        *(command_of(service["healthcheck"]["test"]) for service in long_running(services).values()),
        ["airflow", "db", "migrate"],
        models_pool_command(),
    ]
    arguments = [command[1:] for command in commands if command[0] == "airflow"]
    assert len(arguments) == (10 if "worker" in services else 9)
    done = subprocess.run(
        [sys.executable, "-c", PARSE_COMMANDS, json.dumps(arguments)],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def start_init(services: dict[str, Service], folder: Path, **changed: str) -> tuple[int, list[list[str]], Path]:
    """Run what `init` runs, with an `airflow` that only notes its arguments: exit status, calls, passwords file."""
    noted, passwords = folder / "calls.jsonl", folder / "passwords.json"
    stand_in = folder / "bin" / "airflow"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(
        f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]), file=open({str(noted)!r}, 'a'))\n"
    )
    stand_in.chmod(0o755)
    values = FILLED_IN_CLUSTER | changed
    for name, value in values.items():
        (folder / name.lower()).write_text(value)
    environment = {
        **{name: value for name, value in services["init"]["environment"].items() if value is not None},
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "PATH": f"{stand_in.parent}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    if "ADMIN_PASSWORD" in environment:
        environment |= {"ADMIN_PASSWORD": values["ADMIN_PASSWORD"]}
        environment |= {"AIRFLOW__API_AUTH__JWT_SECRET": values["AIRFLOW_JWT_SECRET"]}
    command = [word.replace("/run/secrets/", f"{folder}/") for word in services["init"]["command"]]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    lines = noted.read_text("utf-8").splitlines() if noted.is_file() else []
    return done.returncode, [["airflow", *json.loads(line)] for line in lines], passwords


def test_init_migrates_makes_the_pool_and_sets_the_password(services: dict[str, Service], tmp_path: Path) -> None:
    status, calls, passwords = start_init(services, tmp_path)
    assert status == 0
    assert calls == [["airflow", "db", "migrate"], models_pool_command()]
    assert json.loads(passwords.read_text("utf-8")) == {"admin": FILLED_IN["ADMIN_PASSWORD"]}
    assert passwords.stat().st_mode & 0o777 == 0o600


def test_init_again_changes_the_password_and_closes_its_file(services: dict[str, Service], tmp_path: Path) -> None:
    (tmp_path / "passwords.json").write_text('{"admin": "a much longer password of last time"}')
    (tmp_path / "passwords.json").chmod(0o644)
    status, _, passwords = start_init(services, tmp_path, ADMIN_PASSWORD="new")
    assert status == 0
    assert json.loads(passwords.read_text("utf-8")) == {"admin": "new"}
    assert passwords.stat().st_mode & 0o777 == 0o600


def test_init_refuses_a_short_signing_secret(services: dict[str, Service], tmp_path: Path) -> None:
    status, calls, passwords = start_init(services, tmp_path, AIRFLOW_JWT_SECRET="j" * 63)
    assert status != 0
    assert calls == [] and not passwords.exists()


@pytest.mark.parametrize("missing", FILLED_IN_CLUSTER)
@pytest.mark.parametrize("empty", [False, True], ids=["unset", "empty"])
def test_it_refuses_to_start_without_a_secret(compose: Path, missing: str, empty: bool) -> None:
    variables = {name: value for name, value in FILLED_IN_CLUSTER.items() if name != missing}
    if compose == ONE_HOST and missing not in FILLED_IN:
        read(compose, variables)
        return
    with pytest.raises(Refused, match=f"^{missing}$"):
        read(compose, variables | ({missing: ""} if empty else {}))


def test_no_secret_has_a_default(compose: Path) -> None:
    text = text_of(compose)
    secrets = [match for match in NAMED.finditer(text.replace("$$", "")) if SECRET.search(match["name"])]
    assert {match["name"] for match in secrets} == set(FILLED_IN if compose == ONE_HOST else FILLED_IN_CLUSTER)
    assert {match["how"] for match in secrets} == {":?"}
    assert not re.search(r"\$\w", text.replace("$$", "")), "a variable without braces cannot refuse"
    written_out = re.findall(r"^\s*(\w*(?:PASSWORD|SECRET|KEY|TOKEN|CONN)): *(?!\S*\$\{)(\S+)", text, re.MULTILINE)
    assert written_out == []


def test_the_example_lists_every_variable_without_a_value() -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text("utf-8").splitlines()
    given = [line for line in lines if line and not line.startswith("#")]
    assert all(line.endswith("=") for line in given)
    named = {match["name"] for path in (ONE_HOST, CLUSTER) for match in NAMED.finditer(text_of(path))}
    assert {line.removesuffix("=") for line in given} == named | {"NEWSLEDGER_CONTACT"}
    settings = {f"NEWSLEDGER_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"NEWSLEDGER_[A-Z_]+", "\n".join(lines))) <= settings


def test_what_keeps_running_is_watched_and_restarted(services: dict[str, Service]) -> None:
    assert set(services) - set(long_running(services)) <= {"init", "bucket", "objects-owner"}
    for name, service in long_running(services).items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name


def test_every_log_is_rotated(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_airflow_starts_when_its_database_is_ready(services: dict[str, Service]) -> None:
    for name, service in airflow_services(services).items():
        conditions = {other: waits["condition"] for other, waits in service["depends_on"].items()}
        if name == "worker":
            healthy = {(each, "service_healthy") for each in ("redis", "api-server")}
            assert set(conditions.items()) == healthy | {("bucket", "service_completed_successfully")}
        if name in ("worker", "bucket"):  # they do not use it
            continue
        assert conditions["postgres"] == "service_healthy", name
        assert name == "init" or conditions["init"] == "service_completed_successfully", name


def test_only_the_page_is_published_and_only_on_loopback(services: dict[str, Service]) -> None:
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


def test_what_must_last_lies_on_volumes(compose: Path, services: dict[str, Service]) -> None:
    declared = set(yaml.safe_load(text_of(compose))["volumes"])
    mounted = {name: mounts(service) for name, service in services.items()}
    named = {source for each in mounted.values() for source in each.values() if not source.startswith(".")}
    assert named - {""} == declared
    runs_tasks = "worker" if "worker" in services else "scheduler"
    environment = services[runs_tasks]["environment"]
    assert load_sources(PROJECT_ROOT / "sources.toml")
    for service in ("dag-processor", runs_tasks):  # the first offers the sources, and records runs that were ended
        assert mounts(services[service])[environment["NEWSLEDGER_SOURCES"]] == "./sources.toml"
        assert environment["NEWSLEDGER_DATA"] in mounts(services[service])
    assert "worker" in services or mounts(services["dag-processor"]) == mounts(services["scheduler"])
    passwords = services["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]
    for name in ("init", "api-server"):
        assert mounted[name][str(Path(passwords).parent)] == "airflow"
    for name in set(airflow_services(services)) - {"init", "bucket"}:
        logs = Path(services[name]["environment"]["AIRFLOW__LOGGING__BASE_LOG_FOLDER"])
        assert str(logs.parent) in mounted[name], name
