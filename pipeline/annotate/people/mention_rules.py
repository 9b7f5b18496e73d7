"""What tells a mention: the ids and confidences of the ways, with an example of each. The examples are their tests."""

from __future__ import annotations

import msgspec


class MentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """One way of telling a mention. Confidences are judgements, not measurements."""

    id: str
    says: str
    confidence: float
    language: str
    """Of the examples."""
    matches: str
    """A text whose last mention is told so."""
    misses: str
    """A similar text in which none is."""


FULL_NAME = MentionRule(
    id="full_name",
    says="A person by all of their name: told by the given name, the office before it or what is said behind it.",
    confidence=0.9,
    language="de",
    matches="Gestern kam Landrätin Wiebke Holm.",
    misses="Gestern kam die Stadt Holm.",
)
SURNAME = MentionRule(
    id="surname",
    says="A person whom the text, or its title, introduces by the full name.",
    confidence=0.8,
    language="de",
    matches="Wiebke Holm kam. Später ging Holm.",
    misses="Wiebke und Ole Holm, Karin Holm kamen. Später ging Holm.",
)
KNOWN_SURNAME = MentionRule(
    id="known_surname",
    says="A person known to everybody whom the text does not introduce: a guess.",
    confidence=0.6,
    language="de",
    matches="Über Putin sprach niemand.",
    misses="Über Holm sprach niemand.",
)
GAZETTEER = MentionRule(
    id="gazetteer",
    says="A place or an organisation by a name of the tables.",
    confidence=0.9,
    language="en",
    matches="She flew to France.",
    misses="She flew to safety.",
)
ORGANISATION_FORM = MentionRule(
    id="organisation_form",
    says="An organisation whose name says what it is.",
    confidence=0.75,
    language="en",
    matches="He studied at the University of Castlemoor.",
    misses="He studied at the Academy of Fine Things.",
)
ACRONYM = MentionRule(
    id="acronym",
    says="The short form in parentheses behind an organisation's name.",
    confidence=0.75,
    language="de",
    matches="Der Deutsche Deichverband (DDV) warnt.",
    misses="Der alte Deich (DDV) hält.",
)
CLASS_NOUN = MentionRule(
    id="class_noun",
    says="A German noun before the name says what it is.",
    confidence=0.75,
    language="de",
    matches="In der Firma Nordkabel brannte es.",
    misses="In der Nacht bringt die Firma Kabel.",
)
PLACE_FORM = MentionRule(
    id="place_form",
    says="A place whose name's first or last word says so.",
    confidence=0.75,
    language="en",
    matches="The ferry left Port Ellery.",
    misses="The ferry left Captain Ellery.",
)
PLACE_PHRASE = MentionRule(
    id="place_phrase",
    says="A name behind “in” that is no person's, in German one that also ends like a place's.",
    confidence=0.6,
    language="en",
    matches="It rained in Castlemoor.",
    misses="He put his trust in Castlemoor.",
)

RULES: tuple[MentionRule, ...] = (
    FULL_NAME,
    SURNAME,
    KNOWN_SURNAME,
    GAZETTEER,
    ORGANISATION_FORM,
    ACRONYM,
    CLASS_NOUN,
    PLACE_FORM,
    PLACE_PHRASE,
)
