"""Reporting verbs: the rows of `reporting_verbs_*.tsv`, found by their forms."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent
_BEFORE_E = re.compile("[dt]$|(?:[^aeiouäöülrhnm]|ch)[mn]$")
"""Stems that have an -e- before -t: "antwort-et", "rechn-et", but "warn-t"."""
_WITHOUT_GE = re.compile("^(be|emp|ent|er|miss|offen|prophe|über|unter|ver|wider|wieder|zer)|ieren$")
"""Verbs whose participle has no ge-."""
_PLURALS = {"sein": "sind"}
"""The third person plural where it is not the infinitive."""


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
    return tuple(_read(*row, is_german=language == "de") for row in rows[1:])


def _read(name: str, parts: str, frame: str, example: str, *, is_german: bool) -> Verb:
    """One row of the table: the verb's name, its principal parts if it is not regular, its frame and its example."""
    words = name.split()
    if not is_german:
        finite, past = _english_forms(words[0], parts.split())
        return Verb(words[0], finite, past, words[1] if len(words) > 1 else None, Frame(frame or Frame.SAY), example)
    particle, _, infinitive = words[-1].rpartition("|")
    finite, second = _german_forms(infinitive, parts.split())
    needs = words[-2] if len(words) > 1 else particle or None
    return Verb(particle + infinitive, finite, second and particle + second, needs, Frame(frame or Frame.SAY), example)


def _german_forms(infinitive: str, parts: list[str]) -> tuple[frozenset[str], str | None]:
    """The finite forms of the third person, and the participle: "mahnen" ▶ "mahnt", "mahnte", "mahnten", "gemahnt"."""
    if not parts:
        stem = infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]
        stem += "e" * bool(_BEFORE_E.search(stem))
        parts = [f"{stem}t", f"{stem}te", f"{'' if _WITHOUT_GE.search(infinitive) else 'ge'}{stem}t"]
    plurals = [past + ("n" if past.endswith("e") else "en") for past in parts[1:2]]
    finite = frozenset([_PLURALS.get(infinitive, infinitive), *parts[:2], *plurals])
    return finite, parts[2] if len(parts) > 2 else None


def _english_forms(base: str, parts: list[str]) -> tuple[frozenset[str], str]:
    """The finite forms and that in -ing ("denies", "denied", "denying"; "-ise" is "-ize", too), and the participle."""
    stem = re.sub("(?<=[^aeou])y$", "i", base)
    parts = parts or [base + "d" if base.endswith("e") else stem + "ed"]
    is_doubled = parts[0] == base + base[-1] + "ed"
    progressive = (base + base[-1] if is_doubled else re.sub("(?<=[^e])e$", "", base)) + "ing"
    third = stem + ("es" if stem != base or base.endswith(("o", "s", "sh", "ch")) else "s")
    forms = {base, third, progressive, parts[0]}
    return frozenset(forms | {re.sub("is(e[sd]?|ing)$", r"iz\1", form) for form in forms}), parts[-1]


def verbs_by_form(verbs: tuple[Verb, ...], *, is_german: bool) -> dict[str, tuple[Verb, ...]]:
    """The verbs by each finite form, in English also by the participle: "has shown".

    German ones also by the form joined with the particle, as at the end of a clause.
    """
    table: dict[str, tuple[Verb, ...]] = {}
    for verb in verbs:
        for form in verb.finite if is_german or verb.participle is None else verb.finite | {verb.participle}:
            table[form] = (*table.get(form, ()), verb)
            if verb.is_separable:
                joined = Verb(verb.lemma, verb.finite, verb.participle, None, verb.frame, verb.example)
                table[f"{verb.needs}{form}"] = (*table.get(f"{verb.needs}{form}", ()), joined)
    return table


def subjunctive_of(infinitive: str) -> str:
    """The third person singular of Konjunktiv I: "kommen" ▶ "komme", "handeln" ▶ "handele"."""
    return infinitive[:-2] + "e" if infinitive.endswith("en") else infinitive[:-1] + "e"


def noun_of(infinitive: str) -> str:
    """The noun in -ung: "behaupten" ▶ "behauptung", "fordern" ▶ "forderung"."""
    return (infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]) + "ung"
