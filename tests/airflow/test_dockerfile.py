"""What the image of the containers has in it."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.settings import PROJECT_ROOT
from tests.worlds.compose_file import (
    Service,
    airflow_services,
)


def instructions() -> list[list[str]]:
    """The Dockerfile's instructions as words, comments left out and continued lines joined."""
    lines = (PROJECT_ROOT / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [line.split() for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    copies = [words[1:-1] for words in instructions() if words[0] == "COPY"]
    return [source for sources in copies if not sources[0].startswith("--from") for source in sources]


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


def test_nothing_runs_as_root(services: dict[str, Service]) -> None:
    users = [words[1] for words in instructions() if words[0] == "USER"]
    for name, service in services.items():
        user = service.get("user") or users[-1]
        if name == "objects-owner":  # changes the owner of a volume, and can do nothing else
            assert (service["cap_add"], service["network_mode"], service["entrypoint"]) == (
                ["CHOWN"],
                "none",
                ["chown"],
            )
        else:
            assert int(user.partition(":")[0]) > 0, name
            assert "cap_add" not in service, name
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name


def test_the_image_has_the_dags_where_airflow_looks(services: dict[str, Service]) -> None:
    folder = Path(services["scheduler"]["environment"]["AIRFLOW__CORE__DAGS_FOLDER"])
    (home,) = {words[1] for words in instructions() if words[0] == "WORKDIR"}
    assert folder.is_relative_to(home)
    assert str(folder.relative_to(home)) in copied()


def test_images_are_pinned_and_no_host_is_named(services: dict[str, Service]) -> None:
    bases = [words[1] for words in instructions() if words[0] == "FROM"]
    assert len(set(bases)) == 1
    for image in (*bases, *(service["image"] for service in services.values() if "build" not in service)):
        assert re.fullmatch(r"[a-z]+(?:/[a-z]+)?:\d+\.\d+[\w.-]*", image), image
    assert {service["pull_policy"] for service in airflow_services(services).values()} == {"build"}
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text("utf-8")
    assert not re.search(r"://|index|find-links|trusted-host", dockerfile)
