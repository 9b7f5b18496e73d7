"""What a rule is: one way of finding a quotation or a mention, told in words and shown by examples.

All rules of the package are of this kind, and `pipeline.annotate.catalogue` lists them. Confidences are judgements and
not measurements; `docs/annotation.md` says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec


class Finding(StrEnum):
    """What a rule finds."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MENTION = "mention"


Finder = TypeVar("Finder", covariant=True)


class Rule(msgspec.Struct, Generic[Finder], frozen=True, kw_only=True):
    """One rule. Its two examples are its tests."""

    id: str
    finds: Finding
    says: str
    """What it looks for, in one line."""
    confidence: float
    """0 to 1."""
    language: str
    """The language of the examples: "de" or "en"."""
    matches: str
    """A text whose last quotation or mention is found by this rule."""
    misses: str
    """A similar text in which this rule finds nothing."""
    finder: Finder
    """What decides: usually the function that declares the rule."""


AnyRule = Rule[object]
F = TypeVar("F", bound=Callable[..., object])
AnyFinder = TypeVar("AnyFinder")


def rule_of(
    find: Callable[..., object],
    finder: AnyFinder,
    *,
    finds: Finding,
    confidence: float,
    language: str,
    matches: str,
    misses: str,
) -> Rule[AnyFinder]:
    """A rule named after the function `find`; the first line of its docstring says what it looks for."""
    return Rule(
        id=find.__name__,
        finds=finds,
        says=(find.__doc__ or "").strip().partition("\n")[0],
        confidence=confidence,
        language=language,
        matches=matches,
        misses=misses,
        finder=finder,
    )


def rule(finds: Finding, language: str, *, confidence: float, matches: str, misses: str) -> Callable[[F], Rule[F]]:
    """Make a rule of the function below."""

    def declare(find: F) -> Rule[F]:
        return rule_of(
            find, find, finds=finds, confidence=confidence, language=language, matches=matches, misses=misses
        )

    return declare
