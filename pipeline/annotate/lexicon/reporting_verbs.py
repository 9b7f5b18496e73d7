"""Reporting verbs: the rows of `reporting_verbs_*.tsv`, found by their forms."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent
_EMPTY = "-"


class Frame(StrEnum):
    """What a verb does with words in quotation marks."""

    SAY = "say"
    """It quotes an utterance: sagte: „…“"""
    LABEL = "label"
    """It quotes a term for something: nannte ihn einen „…“"""
    CLAUSE = "clause"
    """It reports a clause and hardly ever quotes words in marks: ging davon aus, dass …"""
    NONE = "none"
    """With this particle it is no reporting verb: fand … statt"""


class Verb(msgspec.Struct, frozen=True, gc=False):
    """One row of the table."""

    lemma: str
    finite: frozenset[str]
    participle: str | None
    """None if the participle does not report: "gefunden"."""
    needs: str | None
    """The particle or word without which the verb does not mean saying: "teilte … mit"."""
    frame: Frame
    example: str
    """A sentence in which the verb works. It is a test."""

    @property
    def is_separable(self) -> bool:
        """True if the verb needs a particle that ends its clause: "teilte … mit"."""
        return self.needs is not None and self.lemma.startswith(self.needs)


def load_verbs(language: str) -> tuple[Verb, ...]:
    """The rows of the language's table in their order."""
    path = FOLDER / f"reporting_verbs_{language}.tsv"
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return tuple(
        Verb(
            lemma,
            _finite_forms(forms, language),
            None if participle == _EMPTY else participle,
            None if needs == _EMPTY else needs,
            Frame(frame),
            example,
        )
        for lemma, forms, participle, needs, frame, example in rows[1:]
    )


def _finite_forms(forms: str, language: str) -> frozenset[str]:
    """All forms; "sag~" stands for the regular ones."""
    spelled: set[str] = set()
    for form in forms.split():
        if not form.endswith("~"):
            spelled.add(form)
        elif language == "de":
            infinitive = "n" if form[:-1].endswith(("er", "el")) and not form[:-1].endswith("ier") else "en"
            spelled.update(form[:-1] + ending for ending in ("t", "te", "ten", infinitive))
        elif form[-2] == "e":
            spelled.update((form[:-1], form[:-1] + "s", form[:-1] + "d"))
        else:
            spelled.update(form[:-1] + ending for ending in ("", "s", "ed"))
    return frozenset(spelled)


def verbs_by_form(verbs: tuple[Verb, ...]) -> dict[str, tuple[Verb, ...]]:
    """The verbs by each finite form, and by the form joined with its particle, as at the end of a German clause."""
    table: dict[str, tuple[Verb, ...]] = {}
    for verb in verbs:
        for form in verb.finite:
            table[form] = (*table.get(form, ()), verb)
            if verb.needs and verb.lemma.startswith(verb.needs):
                joined = Verb(verb.lemma, verb.finite, verb.participle, None, verb.frame, verb.example)
                table[verb.needs + form] = (*table.get(verb.needs + form, ()), joined)
    return table


def subjunctive_of(infinitive: str) -> str:
    """The third person singular of Konjunktiv I: "kommen" ▶ "komme", "handeln" ▶ "handele"."""
    return infinitive[:-2] + "e" if infinitive.endswith("en") else infinitive[:-1] + "e"


def noun_of(infinitive: str) -> str:
    """The noun in -ung: "behaupten" ▶ "behauptung", "fordern" ▶ "forderung"."""
    return (infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]) + "ung"
