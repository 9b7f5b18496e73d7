"""The people who recur in the sample stories."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

PEOPLE = Path(__file__).parent / "people.toml"


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role or a party as outlets of each language write it; "" where there is none."""

    de: str = ""
    en: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who appears in several outlets."""

    name: str
    role: Wording
    country: str  # ISO 3166 alpha-2, or EU
    party: Wording = Wording()


def load_people(path: Path = PEOPLE) -> tuple[Person, ...]:
    """Read the people in the order of the file."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8"))["person"], tuple[Person, ...])
