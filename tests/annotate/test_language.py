"""The language of a text: detected, unless detection is unsure and the page declares one."""

from __future__ import annotations

import pytest

from pipeline.annotate import Annotations, annotate_text
from pipeline.annotate.language import detect_language
from pipeline.annotate.lexicon import load_verbs


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Damm hielt auch in der zweiten Nacht, und das Wasser sank am Morgen um zehn Zentimeter.", "de"),
        ("The dam held for a second night, and by the morning the water had fallen by four inches.", "en"),
        ("La digue a tenu une deuxième nuit et, au matin, l'eau avait baissé de dix centimètres.", "fr"),
        ("Hallo", None),
        ("", None),
    ],
)
def test_languages_are_detected(text: str, language: str | None) -> None:
    assert detect_language(text)[0] == language


def test_a_declared_language_decides_where_detection_cannot() -> None:
    assert annotate_text("Kurz.", language="de") == Annotations(language="de")
    assert annotate_text("Kurz.") == Annotations()


def test_a_sure_detection_overrules_a_wrong_declaration() -> None:
    text = (
        "Der Damm hielt auch in der zweiten Nacht, und das Wasser sank am Morgen. „Es ist vorbei“, sagte Karin Holm. "
        * 5
    )
    annotations = annotate_text(text, language="en")
    assert annotations.language == "de"
    assert annotations.language_confidence is not None and annotations.language_confidence >= 0.9
    assert annotations.quotes[0].person == "Karin Holm"


def test_forms_of_reporting_verbs_are_derived() -> None:
    forms = {
        f"{verb.needs or ''} {verb.lemma}": (verb.participle, " ".join(sorted(verb.finite)))
        for language in ("de", "en")
        for verb in load_verbs(language)
    }
    assert forms["damit rechnen"] == ("gerechnet", "rechnen rechnet rechnete rechneten")
    assert forms["mit mitteilen"] == ("mitgeteilt", "teilen teilt teilte teilten")
    assert forms["an angeben"] == ("angegeben", "gab gaben geben gibt")
    assert forms[" bemängeln"] == ("bemängelt", "bemängeln bemängelt bemängelte bemängelten")
    assert forms[" deny"] == ("denied", "denied denies deny denying")
    assert forms["as slam"] == ("slammed", "slam slammed slamming slams")
