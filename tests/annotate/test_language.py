"""The language of a text: detected, unless detection is unsure and the page declares one."""

from __future__ import annotations

import pytest

from pipeline.annotate import Annotations, annotate_text
from pipeline.annotate.language import detect_language


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
