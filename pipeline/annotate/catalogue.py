"""All rules by their ids, with what each says and an example: what an explanation of an annotation looks up."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache

import msgspec

from pipeline.annotate.direct import blocks, rules
from pipeline.annotate.direct.denials import denied
from pipeline.annotate.direct.direct import within_reported
from pipeline.annotate.indirect import continued_reports as runs
from pipeline.annotate.indirect import reports
from pipeline.annotate.people import mention_rules


class Finding(StrEnum):
    DIRECT = "direct"
    INDIRECT = "indirect"
    MENTION = "mention"


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as people read it."""

    id: str
    finds: Finding
    says: str
    confidence: float
    matches: str
    misses: str


@cache
def describe_rules() -> dict[str, Described]:
    """Every rule of every language by its id."""
    return {described.id: described for described in _all()}


def _all() -> Iterator[Described]:
    for way in (*rules.RULES, *blocks.RULES, within_reported, denied):
        yield Described(
            id=way.id,
            finds=Finding.DIRECT,
            says=_first_line(way.find.__doc__),
            confidence=way.confidence,
            matches=way.matches,
            misses=way.misses,
        )
    for report in (report for some in reports.RULES.values() for report in some):
        yield Described(
            id=report.id,
            finds=Finding.INDIRECT,
            says=_first_line(report.find.__doc__),
            confidence=report.confidence,
            matches=report.matches,
            misses=report.misses,
        )
    for run in runs.RULES:
        yield Described(
            id=run.id,
            finds=Finding.INDIRECT,
            says=run.says,
            confidence=run.confidence,
            matches=run.matches,
            misses=run.misses,
        )
    for mention in mention_rules.RULES:
        yield Described(
            id=mention.id,
            finds=Finding.MENTION,
            says=mention.says,
            confidence=mention.confidence,
            matches=mention.matches,
            misses=mention.misses,
        )


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0]
