"""The subject of a reporting verb, where another noun stands nearer to it: each sentence has one or more such traps."""

from __future__ import annotations

import pytest

from pipeline.annotate import annotate_text
from tests.annotate.samples import who

OBJECTS = [
    (
        "en",
        "The samples will be tested again next week, the regional delegate, Carla Dunn, told journalists.",
        ["Carla Dunn"],
    ),
    (
        "en",
        "Divers found the engine under the pier, the harbour delegate in Ellery, Carla Dunn, told journalists.",
        ["Carla Dunn"],
    ),
    (
        "en",
        "James Cole, director of the Harbour Alliance, a union of ports, told River Weekly the demand is growing.",
        ["James Cole"],
    ),
    ("en", "Severe storms escalate in Ellery, residents urged to avoid the harbour", []),
    (
        "en",
        "After all, Northtel's Lookout has been growing in recent years, with some people saying they use it for work.",
        ["some people"],
    ),
    (
        "en",
        "Ms Cole and Ms Dunn are denying everything (though Ned Marsh claims both admitted it and says he saw them).",
        ["Ned Marsh"],
    ),
    (
        "en",
        "In court the Ellery delegation said Castlemoor continued to act with ‘impunity’, arguing that ‘it does not "
        "care to be a good neighbour’.",
        ["the Ellery delegation"] * 3,
    ),
    (
        "en",
        "The tolls announced by Paul Marsh on Monday are wrong and a “bad idea” for Ellery, Mayor Rosa Dunn said.",
        ["Rosa Dunn", "Rosa Dunn"],
    ),
    (
        "en",
        "That he sold the private office, left his post, thinks Ada Brook is tough but has no idea if she will win.",
        [""],
    ),
    (
        "en",
        "Floods forced people from their homes, and officials in Ellery said her diary was “under review”.",
        ["officials in Ellery", "officials in Ellery"],
    ),
    (
        "en",
        "Ann Marsh is the head of the Harbour Group in Ellery, which says that it protects the port.",
        ["the Harbour Group in Ellery"],
    ),
    (
        "de",
        "Negative Folgen für die Kinder, etwa in der Schule, hält das Gericht für „hinreichend plausibel“.",
        ["das Gericht"],
    ),
    (
        "de",
        "Er hatte das Boot selbst benutzt, die Frauen aber in dem Glauben gelassen, es gehöre dem Verein.",
        [],
    ),
    ("de", "Der Verein bestätigte nach starken Vorstellungen gegen Brückfeld und Wiek auch seinen Ruf.", []),
    ("de", "Auch dem Schritt von Meta Keller, der besten Läuferin, merkte man das frühe Tempo an.", []),
    ("de", "Die Vereine wollen in Wiekstadt feststellen lassen, dass die Genehmigung gegen das Recht verstößt.", []),
    (
        "de",
        "Bei Schäden haften die Händler von Uhren. Weil Händler oft schwer zu erreichen sind, könne es teuer werden.",
        [""],
    ),
    (
        "de",
        "Die Sprecherin schloss nicht aus, dass es weiteres gibt. Die Ämter würden nicht zusehen, wie Schiffe "
        "unterwegs seien.",
        ["Die Sprecherin", "Die Sprecherin"],
    ),
    (
        "de",
        "Das sei ein Fortschritt, sagte der Fraktionschef der Heimatliste im Landtag, Malte Wagner. Pendler sparten "
        "durch das Ticket, und für Autofahrer werde es leichter.",
        ["Malte Wagner", "Malte Wagner"],
    ),
]

NOT_SAID = [
    ("de", "Die Ministerin will am Montag sagen, wie es weitergeht."),
    ("en", "The minister will say on Monday how the dam is to be rebuilt."),
    ("en", "The experts found the best plants to add, which will add a splash of colour to the room."),
    ("en", "Ellery's promises to rebuild the dam have not been kept."),
    ("en", "Asked whether she would resign, Mayor Ann Marsh declined to comment."),
]

NAMES = [
    ("en", "Sen. Ada Brook (D-N.Y.) said the bill would fail.", ["Ada Brook"]),
    ("en", "It is, according to Tern Search lead Lena Brook, “truly the biggest change”.", ["Lena Brook"]),
    ("de", "„Das ist ein Anfang“, sagt der Anwalt Ayman Scheib ad-Din. „Gut so“, sagt Scheib ad-Din.", None),
    ("de", "Die Kanzlei von Peter Harms teilte mit, der Antrag sei gestellt.", ["Die Kanzlei von Peter Harms"]),
    ("de", "Das Büro von Rita Born erklärte: „Wir sagen dazu nichts.“", ["Das Büro von Rita Born"]),
    ("de", "„Zu viel Licht“, lautete das Urteil von Forscherin Rita Born.", ["Rita Born"]),
]


@pytest.mark.parametrize(("language", "text", "speakers"), OBJECTS, ids=[text[:50] for _, text, _ in OBJECTS])
def test_the_subject_and_not_the_nearest_noun_is_the_speaker(language: str, text: str, speakers: list[str]) -> None:
    found = annotate_text(text, language=language).quotes
    assert [who(quote) for quote in found if quote.rule != "according_to_source"] == speakers


@pytest.mark.parametrize(("language", "text", "speakers"), NAMES, ids=[text[:50] for _, text, _ in NAMES])
def test_whose_office_speaks_is_not_the_speaker(language: str, text: str, speakers: list[str] | None) -> None:
    found = annotate_text(text, language=language).quotes
    expected = speakers or ["Ayman Scheib ad-Din", "Ayman Scheib ad-Din"]
    assert [who(quote) for quote in found if quote.rule != "according_to_source"] == expected


@pytest.mark.parametrize(("language", "text"), NOT_SAID)
def test_what_nobody_said_is_no_quotation(language: str, text: str) -> None:
    assert not annotate_text(text, language=language).quotes


def test_a_name_is_joined_only_to_its_own_longer_form() -> None:
    text = (
        "Abu Karim Amer, 44, agreed. “Right,” he told the Post. A deal was near, Sadeq Abu Amer told the paper.\n"
        "Carlos Gómez Sáez opened the hall. “We are late,” said Gómez Sáez."
    )
    assert [quote.person for quote in annotate_text(text, language="en").quotes] == [
        "Abu Karim Amer",
        None,
        "Carlos Gómez Sáez",
    ]


@pytest.mark.parametrize("lead", ["Von Peter Harms", "VON PETER HARMS", "Von Peter Harms und Paul Brand, Wiekstadt"])
def test_who_wrote_the_article_is_no_speaker(lead: str) -> None:
    text = "Der Minister hat den Plan verteidigt. „Wir sind bereit“, sagte er am Abend."
    found = annotate_text(text, language="de", lead=lead)
    assert [(quote.person, quote.speaker and quote.speaker.surface) for quote in found.quotes] == [(None, "er")]
    assert not [mention for mention in found.mentions if mention.kind.value == "person"]


def test_a_sentence_that_begins_like_a_byline_names_its_person() -> None:
    found = annotate_text(
        "Der Rat lehnt ihn ab. „Schade“, sagte er am Abend.",
        language="de",
        lead="Von Peter Harms stammt der Vorschlag.",
    )
    assert [quote.person for quote in found.quotes] == ["Peter Harms"]
