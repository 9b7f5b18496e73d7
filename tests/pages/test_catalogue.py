"""The German catalogue: every sentence of the pages and no other, one word for one thing, numbers with their form."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po

from pipeline.pages.page_kinds import KINDS
from pipeline.pages.published_file import Figure, statement
from pipeline.pages.wording import translations
from pipeline.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "pipeline"
PAGES = PACKAGE / "pages"
TEMPLATES = sorted((PAGES / "templates").glob("*.html"))
SAME_IN_GERMAN = {"SQL", "Position", "Details", "Videos", "Feed", "Feeds", "Person", "Backfill", "Backfills"}
PLACE = re.compile(r"%\((\w+)\)s")


def _catalogue() -> Sequence[Message]:
    with (PAGES / "de.po").open("rb") as file:
        return [message for message in read_po(file, locale="de") if message.id]


def _written() -> set[str | tuple[str, ...]]:
    """The English messages of the pages: in templates, as phrases of the code, and about their queries."""
    keywords = {**DEFAULT_KEYWORDS, "phrase": None, "counted": (1, 2)}
    code = [path for path in PACKAGE.rglob("*.py") if re.search(r"\b(phrase|counted)\(", path.read_text("utf-8"))]
    files = {"jinja2.ext:babel_extract": TEMPLATES, "python": code}
    found = [
        each for kind, paths in files.items() for path in paths for each in extract_from_file(kind, path, keywords)
    ]
    names = {figure for kind in KINDS.values() for figure in kind.figures} | {"record", "last_polls"}
    queries = [statement("pipeline.pages", name) for name in names] + [statement("pipeline.monitor", "recent_coverage")]
    return {message for _, message, _, _ in found} | {Figure((), query).about for query in queries}


def forms(message: str | Sequence[str] | None) -> Sequence[str]:
    """The singular and the plural of a message, or its only form."""
    return [message] if isinstance(message, str) else message or []


CATALOGUE = _catalogue()
IDS = [message.id for message in CATALOGUE]
WRITTEN = _written()
NOT_COUNTED = {
    *("headline", "name", "person", "text", "url", "file", "error", "task", "label", "dag", "feeds"),
    *("why", "finding", "reasons", "kinds", "given", "possible", "language"),
    *("at", "since", "time", "day", "from", "to", "first", "last"),
    *("no", "position", "offset", "length", "seen"),
    "limit",
}
"""Values in messages that have no plural: texts, times, numbers that count nothing or stand apart, and limits, of which
none is one. A number before what it counts has another name."""


def test_every_sentence_is_translated_and_no_other() -> None:
    translated, written = ({form for each in messages for form in forms(each)} for messages in (IDS, WRITTEN))
    assert translated | SAME_IN_GERMAN == written
    assert [translations("de").ngettext("source", "sources", n) for n in (1, 2)] == ["Quelle", "Quellen"]


def test_translations_have_the_values_of_what_they_translate() -> None:
    for message in CATALOGUE:
        for english, german in zip(forms(message.id), forms(message.string), strict=True):
            assert german and {*PLACE.findall(german)} == {*PLACE.findall(english)}, english


def test_a_number_stands_before_its_singular_or_its_plural() -> None:
    counting = {message for message in WRITTEN if isinstance(message, str) and {*PLACE.findall(message)} - NOT_COUNTED}
    assert counting == set(), "messages that count have two forms: `pluralize` in a template, `counted` in the code"
    beside = r"\| number }}(?:</?\w[^>]*>)*\s+(?:</?\w[^>]*>)*\s*{{ _\(\"(?!seen|lost)"
    assert [(path.name, found[0]) for path in TEMPLATES for found in re.finditer(beside, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (r"\bpoll", r"Abruf|abgeruf|ruft .* ab\b"),
        (r"\bfetch", r"geladen"),
        (r"\bquer(y|ies)", r"Abfrage|abgefragt"),
        (r"\bgaps?\b", r"Lücke"),
    ],
)
def test_one_german_word_stands_for_one_thing(english: str, german: str) -> None:
    for message in CATALOGUE:
        has_english, *has_german = [
            bool(re.search(words, form, re.I if words == english else 0))
            for words, form in [
                (english, " ".join(forms(message.id))),
                *((german, each) for each in forms(message.string)),
            ]
        ]
        assert {has_english, *has_german} == {has_english}, message.id
