"""A Compose file as Compose reads it, without a Docker engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.settings import PROJECT_ROOT

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^${}]*))?\}")

Service = dict[str, Any]


class Refused(Exception):
    """Compose does not start: a variable without which it must not is missing."""


def read(path: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """The file with the values of these variables filled in. Raises Refused, naming the variable."""
    filled: dict[str, Any] = interpolated(yaml.safe_load(path.read_text("utf-8")), variables)
    return filled


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


def command_of(test: list[str]) -> list[str]:
    """What a health check runs."""
    kind, *words = test
    return words if kind == "CMD" else ["sh", "-c", *words]


def mounts(service: Service) -> dict[str, str]:
    """What is mounted where: source by target. A volume without a name, which each container has for itself, is ''."""
    found = {}
    for volume in service.get("volumes", ()):
        if isinstance(volume, dict):
            found[volume["target"]] = volume["source"]
        else:
            source, _, target = volume.removesuffix(":ro").rpartition(":")
            found[target] = source
    return found


ONE_HOST, CLUSTER = (PROJECT_ROOT / name for name in ("docker-compose.yml", "docker-compose.cluster.yml"))


FILLED_IN = {
    "POSTGRES_PASSWORD": "0badc0de",
    "AIRFLOW_FERNET_KEY": "f" * 44,
    "AIRFLOW_API_SECRET_KEY": "a" * 64,
    "AIRFLOW_JWT_SECRET": "j" * 128,
    "ADMIN_PASSWORD": 'it\'s "quoted" $HOME',
}
"""What .env has on one host."""


FILLED_IN_CLUSTER = FILLED_IN | {
    "AIRFLOW_DB_PASSWORD": "1badc0de",
    "LEDGER_PGPASS": "postgres:5432:newsledger:newsledger:2badc0de",
    "REDIS_PASSWORD": "3badc0de",
    "S3_ACCESS_KEY": "newsledger",
    "S3_SECRET_KEY": "4badc0de",
}


def text_of(compose: Path) -> str:
    return compose.read_text("utf-8")


def airflow_services(services: Mapping[str, Service]) -> dict[str, Service]:
    return {name: service for name, service in services.items() if "build" in service}
