"""annotate on whole articles: English samples with gold, and a German agency report as an extraction leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.annotate import Annotations, MentionKind, QuoteKind, annotate_text
from pipeline.extract import repair_text
from tests.annotation import read_samples, score, who

SEED = Path(__file__).parent.parent.parent / "shared/data/seed/zdf-article.txt"
TWIN = Path(__file__).parent / "annotation/summit.txt"


def test_english_articles() -> None:
    samples = read_samples("english")
    assert len(samples) >= 40
    reached = score(samples, [annotate_text(sample.text, language="en").quotes for sample in samples])
    assert reached.direct_f1 >= 0.95
    assert reached.attribution >= 0.9
    assert reached.indirect_f1 >= 0.9


def direct(annotations: Annotations) -> list[tuple[str, str]]:
    return [(quote.text, who(quote)) for quote in annotations.quotes if quote.kind is QuoteKind.DIRECT]


def offices(annotations: Annotations) -> dict[str, set[tuple[str | None, str | None, str | None]]]:
    """All that is said of each person: role, party, country."""
    said: dict[str, set[tuple[str | None, str | None, str | None]]] = {}
    for mention in annotations.mentions:
        if mention.kind is MentionKind.PERSON:
            said.setdefault(mention.name, set()).add((mention.role, mention.party, mention.country))
    return {person: facts - {(None, None, None)} for person, facts in said.items()}


def test_an_agency_report() -> None:
    found = annotate_text(TWIN.read_text("utf-8"))
    assert direct(found) == [
        ("überdachte Liegeplätze für Fähren und Frachter", "Adam Pierce"),
        ("belastbare", "Claire Dumont"),
        ("Dazu gehört, dass wir im Frühjahr zwei Schiffe in den Hafen von Port Ellery legen.", "Karin Holm"),
        ("eine schriftliche Zusage der Reeder", "Karin Holm"),
        ("Wir sind bereit, uns zu festen Fahrplänen zu verpflichten", "Jorge Luz"),
        ("Diese Zusagen können Baukosten umfassen", "der gemeinsamen Erklärung"),
        ("weit von den Brutplätzen entfernt", "Claire Dumont"),
        ("fest wie nie", "Steve Marlow"),
        ("Rat zur Aufsicht über den Hafen", "Entwurf der Abschlusserklärung"),
        ("dass niemand die Inseln fallen lässt", "dem Palast"),
    ]
    assert offices(found) == {
        "Adam Pierce": {("Premierminister", None, "GB")},
        "Claire Dumont": {("Präsidentin", None, "FR")},
        "Karin Holm": {("Bundeskanzlerin", "SPD", None)},
        "Jorge Luz": {("EU-Ratspräsident", None, None)},
        "Steve Marlow": {("US-Sondergesandte", None, "US")},
        "Emil Voss": {("Schwiegersohn von Präsident Ole Brandt", None, None)},
        "Ole Brandt": {("Präsident", None, None)},
    }
    assert {mention.name for mention in found.mentions if mention.kind is MentionKind.PLACE} >= {
        "Großbritannien",
        "Frankreich",
        "Paris",
    }
    assert "Nato" in {mention.name for mention in found.mentions if mention.kind is MentionKind.ORGANISATION}


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is not part of the project")
def test_the_seed_article() -> None:
    raw = SEED.read_text("utf-8")
    article = repair_text(raw)
    found = direct(annotate_text(article.text, title=article.headline))
    speakers = {words.split()[0]: speaker for words, speaker in found}
    assert speakers["geschützte"] == "Keir Starmer"
    assert speakers["robuste"] == speakers["weit"] == "Emmanuel Macron"
    assert speakers["Dazu"] == speakers["eine"] == "Friedrich Merz"
    assert speakers["Wir"] == "António Costa"
    assert speakers["Diese"] == "der gemeinsamen Erklärung"
    assert speakers["stark"] == "Steve Witkoff"
    assert "Entwurf" in speakers["Mechanismus"]
    assert speakers["dass"] == "dem Elysée"
    # The captions that the extraction takes out name four persons more, and one more quotation.
    whole = annotate_text(raw)
    assert ("Hundertprozentige Garantien gibt es nicht.", "Elmar Theveßen") in direct(whole)
    assert len(offices(whole)) == 12
    said = {
        person: {fact for facts in all_facts for fact in facts if fact} for person, all_facts in offices(whole).items()
    }
    assert {"Bundeskanzler", "CDU"} <= said["Friedrich Merz"]
    assert {"Präsident", "FR"} <= said["Emmanuel Macron"]
    assert {"Premierminister", "GB"} <= said["Keir Starmer"]
    assert {"Präsident", "UA"} <= said["Wolodymyr Selenskyj"]
    assert "USA-Korrespondent" in said["Elmar Theveßen"]
    assert "EU-Ratspräsident" in said["António Costa"]
    assert "US-Sondergesandte" in said["Steve Witkoff"]
    assert {"US-Präsident", "US"} <= said["Donald Trump"]
    assert "Schwiegersohn von Präsident Donald Trump" in said["Jared Kushner"]


def test_other_languages_have_marked_quotations_and_nothing_else() -> None:
    text = "La maire a parlé. « Nous avons travaillé toute la nuit pour sauver la ville », a dit Claire Dumont."
    (quote,) = annotate_text(text, language="fr").quotes
    assert (quote.kind, quote.speaker, quote.person) == (QuoteKind.DIRECT, None, None)
    assert annotate_text(text, language="fr").mentions == ()
