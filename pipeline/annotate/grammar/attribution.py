"""What a rule sees, what it answers and how it is declared."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import msgspec

from pipeline.annotate.grammar.view import Range, View


class Evidence(IntEnum):
    """How little of a segment is enough for a quotation."""

    NONE = 0
    """Only what is clearly a statement by itself."""
    CLAUSE = 1
    """A colon without a cue: some words that make a clause."""
    SENTENCE = 2
    """A cue in the same sentence: some words that are no name."""
    LABEL = 3
    """A verb of naming: a single word."""
    ADJACENT = 4
    """The cue is next to the marks: anything."""


class Attribution(msgspec.Struct, frozen=True):
    """Token ranges; None where there is nobody, or nothing, to point at."""

    speaker: Range | None = None
    cue: Range | None = None


class Situation(View, frozen=True, kw_only=True):
    """A marked segment and what is around it."""

    at: int
    """The segment's token."""
    earlier: tuple[Range, ...]
    """The sentences before in the same paragraph, nearest first, as many as rules look at."""
    previous: Attribution | None
    """Of the quotation that ended in this or the sentence before, or that goes on from the paragraph before."""
    previous_at: int
    goes_on: bool
    ending: str
    """The last character inside the marks."""

    @property
    def after(self) -> int:
        """The first word behind the marks: past a comma or dash."""
        return self.at + 2 if self.is_at(self.at + 1, ",", "–", "—", "-") else self.at + 1

    @property
    def is_set_off(self) -> bool:
        """A comma or the like separates the marks from what follows."""
        return self.after == self.at + 2 or self.ending in ",!?…"

    @property
    def is_own_sentence(self) -> bool:
        """Nothing else is in the sentence: the marked words are no constituent of it, as a title or slogan is."""
        behind = self.at + 1
        if behind < self.end and self.tokens[behind].surface in ".!?…":
            behind += 1
        return self.first == self.at and (behind == self.end or self.tokens[behind].surface == "\n")


Find = Callable[[Situation], Attribution | None]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One way of attributing a quotation. Its examples are its tests."""

    id: str
    confidence: float
    evidence: Evidence
    matches: str
    """A sentence whose last quotation this rule attributes."""
    misses: str
    """A similar sentence in which it finds nothing."""
    find: Find


def rule(*, confidence: float, evidence: Evidence, matches: str, misses: str) -> Callable[[Find], Rule]:
    """Make a rule of the function below; its id is the function's name."""

    def declare(find: Find) -> Rule:
        return Rule(
            id=find.__name__, confidence=confidence, evidence=evidence, matches=matches, misses=misses, find=find
        )

    return declare
