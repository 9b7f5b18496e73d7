"""What the image of the containers has in it."""

from __future__ import annotations

import re

from pipeline.settings import PROJECT_ROOT


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
