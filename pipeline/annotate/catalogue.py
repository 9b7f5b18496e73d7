"""The one list of all rules. Explanations of annotations and the tests of the rules' examples read it."""

from __future__ import annotations

from functools import cache

from pipeline.annotate.direct import attribution, paragraphs
from pipeline.annotate.direct.inferred_speakers import denied
from pipeline.annotate.indirect import continued_reports, reports
from pipeline.annotate.people import mentions
from pipeline.annotate.rules import AnyRule

RULES: tuple[AnyRule, ...] = (
    *attribution.RULES,
    denied,
    *paragraphs.RULES,
    reports.within_reported,
    *reports.RULES["de"],
    *reports.RULES["en"],
    *continued_reports.RULES,
    *mentions.RULES,
)


@cache
def rules_by_id() -> dict[str, AnyRule]:
    """Every rule of every language by its id."""
    return {rule.id: rule for rule in RULES}
