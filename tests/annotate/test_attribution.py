"""Speakers in difficult texts: a missing speaker is better than a wrong one."""

from __future__ import annotations

import pytest

from pipeline.annotate import QuoteKind, annotate_text
from pipeline.events import ArticlePart
from tests.annotate.samples import who

Told = list[tuple[str, str]]
"""Each quotation's words, and its person, or the speaker as written, or an empty string."""

BEFORE = {
    "de": "Wiebke Holm leitet das Amt. Ihr Gegner Jonas Voss führt die Opposition. ",
    "en": "Helen Marsh runs the town. Her rival, Adam Pierce, leads the opposition. ",
}
"""Sentences before, from which a careless rule would take the speaker."""


def told(text: str, language: str, kind: QuoteKind = QuoteKind.DIRECT) -> Told:
    found = annotate_text(BEFORE[language] + text, language=language).quotes
    return [(quote.text, who(quote)) for quote in found if quote.kind is kind]


PARAGRAPHS: list[tuple[str, str, Told]] = [
    (
        "en",
        "\n“It is falling.\n“We stay where we are tonight.\n“And that is final,” Marsh said.",
        [
            ("It is falling.", "Helen Marsh"),
            ("We stay where we are tonight.", "Helen Marsh"),
            ("And that is final", "Helen Marsh"),
        ],
    ),
    (
        "de",
        "\n„Es sinkt.\n„Wir bleiben heute Nacht hier.\n„Und dabei bleibt es“, sagte Holm.",
        [
            ("Es sinkt.", "Wiebke Holm"),
            ("Wir bleiben heute Nacht hier.", "Wiebke Holm"),
            ("Und dabei bleibt es", "Wiebke Holm"),
        ],
    ),
    (
        "de",
        "Holm sagte: „Es sinkt.\n„Wir bleiben heute Nacht hier.“",
        [("Es sinkt.", "Wiebke Holm"), ("Wir bleiben heute Nacht hier.", "Wiebke Holm")],
    ),
    (
        "en",
        "Marsh said: “No.”\n“Wait for it.\n“Who pays?” Ruth Calder, who runs the ferry, said.",
        [("No.", "Helen Marsh"), ("Wait for it.", "Ruth Calder"), ("Who pays?", "Ruth Calder")],
    ),
    ("de", "„Es sinkt, sagte Holm am Abend.\n„Wir warten“, sagte Voss.", [("Wir warten", "Jonas Voss")]),
    ("en", "“It is falling, Marsh said.\n“We wait,” Pierce said.", [("We wait", "Adam Pierce")]),
]

CONSTITUENTS = [
    ("de", "Holm liest „Wir waren wie Fremde und wussten es nicht“ von Paul Reuter."),
    ("de", "Die Serie „Wer hat Angst vor dem Deich?“ läuft im Ersten."),
    ("de", "Die Kampagne heißt „Wir bauen das Tor neu!“."),
    ("de", "Auf den Hemden steht „Rettet den Hafen, solange es geht“."),
    ("de", "Der Satz „Wir gehen, und wir kommen nie mehr wieder“ wurde berühmt."),
    ("en", "Her book, “How I Learned to Love the Rain and Live”, is out."),
    ("en", "They sang “we will never leave this town again” at dawn."),
]

SEVERAL_OR_NOBODY: list[tuple[str, str, Told]] = [
    ("en", "The woman accusing Ann Marsh said he was “a liar”.", [("a liar", "")]),
    (
        "en",
        "The lawyer representing Ann Marsh said “it is over”.",
        [("it is over", "The lawyer representing Ann Marsh")],
    ),
    ("en", "The acting mayor Ann Marsh said “it is over”.", [("it is over", "Ann Marsh")]),
    ("en", "The council housing chief Ann Marsh said “it is over”.", [("it is over", "Ann Marsh")]),
    ("en", "“It is over,” said Det. Insp. Ann Marsh.", [("It is over", "Ann Marsh")]),
    ("de", "Holm und Voss sagten: „Wir gehen.“", [("Wir gehen.", "Holm und Voss")]),
    ("de", "„Wir gehen“, sagten Holm und Voss.", [("Wir gehen", "Holm und Voss")]),
    ("de", "„Wir gehen“, so Holm und Voss.", [("Wir gehen", "Holm und Voss")]),
    ("de", "Am Abend kam Holm und Voss sagte: „Wir gehen.“", [("Wir gehen.", "Jonas Voss")]),
    ("de", "Weder Holm noch Voss sagte: „Wir gehen.“", [("Wir gehen.", "")]),
    ("de", "„Wir gehen“, sagte nicht Holm, sondern Voss.", [("Wir gehen", "Jonas Voss")]),
    ("de", "„Wir gehen“, sagte nicht nur Holm, sondern auch Voss.", [("Wir gehen", "Holm, sondern auch Voss")]),
    ("de", "„Wir gehen“, sagte Holm nicht.", [("Wir gehen", "")]),
    ("de", "„Wir gehen“, sagte Holm nicht zum ersten Mal.", [("Wir gehen", "Wiebke Holm")]),
    ("de", "Holm hat nie gesagt: „Wir gehen.“", [("Wir gehen.", "")]),
    (
        "de",
        "Niemand sagte: „Wir gehen.“ „Wir bleiben alle hier.“",
        [("Wir gehen.", ""), ("Wir bleiben alle hier.", "")],
    ),
    ("de", "Holm sagte, man dürfe nicht „tatenlos zusehen“.", [("tatenlos zusehen", "Wiebke Holm")]),
    ("en", "Neither Marsh nor Pierce said “we will go”.", [("we will go", "")]),
    ("en", "The mayor and the council said: “We will go.”", [("We will go.", "The mayor and the council")]),
    ("en", "Marsh never said: “We will go.”", [("We will go.", "")]),
    ("en", "Marsh didn’t say “we will go”.", [("we will go", "")]),
    ("en", "Nobody said: “We will go.” Had Marsh said “I go”, all would be well.", [("We will go.", "")]),
    ("en", "No 10 said: “We will go.”", [("We will go.", "No 10")]),
]

CLAUSES: list[tuple[str, str, Told]] = [
    ("de", "„Wir gehen heute“, sagte dessen Chefin Karin Lorenz.", [("Wir gehen heute", "Karin Lorenz")]),
    ("de", "Der Wirt Karl Oort von der Borussia sprach von „großem Pech“.", [("großem Pech", "Karl Oort")]),
    ("de", "Ina Lorenz hält das Haus für „sehr baufällig“.", [("sehr baufällig", "Ina Lorenz")]),
    ("en", "“I said, ‘Wait for me,’” Ann Lorenz recalled.", [("I said, ‘Wait for me,’", "Ann Lorenz")]),
    (
        "en",
        "Who knows? “We walk,” said Wrenna Pell. She laughed. “For miles,” she said.",
        [("We walk", "Wrenna Pell"), ("For miles", "Wrenna Pell")],
    ),
    (
        "de",
        "Voss sprach von einem „Skandal“, während Holm den Vorwurf als „lächerlich“ zurückwies.",
        [("Skandal", "Jonas Voss"), ("lächerlich", "Wiebke Holm")],
    ),
    (
        "de",
        "Während Holm den Vorwurf als „lächerlich“ zurückwies, sprach Voss von einem „Skandal“.",
        [("lächerlich", "Wiebke Holm"), ("Skandal", "Jonas Voss")],
    ),
    ("de", "Voss klagte, dass Holm den Plan „völlig lächerlich“ genannt habe.", [("völlig lächerlich", "Wiebke Holm")]),
    ("de", "Voss sprach lange, während Holm den „roten Kasten am Tor“ suchte.", []),
    ("de", "Voss sagte, er gehe, weil alles „tot und begraben“ sei.", [("tot und begraben", "Jonas Voss")]),
    (
        "de",
        "Das Buch „Der Turm“ von Ute Berg, sagte Holm, sei „einfach großartig“.",
        [("einfach großartig", "Wiebke Holm")],
    ),
    ("en", "Speaking to the BBC, Marsh said it held, adding: “We checked.”", [("We checked.", "Helen Marsh")]),
    ("en", "Speaking on Monday, the mayor, Clara Holt, said: “No.”", [("No.", "Clara Holt")]),
    ("en", "Said Marsh: “No.” Asks Pierce: “Why?”", [("No.", "Helen Marsh"), ("Why?", "Adam Pierce")]),
    ("en", "“The dam will hold.” – Helen Marsh", [("The dam will hold.", "Helen Marsh")]),
    ("en", "“It was a huge mistake,” per Marsh.", [("It was a huge mistake", "Helen Marsh")]),
    ("de", "Die Zeitung zitiert Holm mit den Worten „Wir bleiben hier“.", [("Wir bleiben hier", "Wiebke Holm")]),
    ("de", "Der Wiekwart des Deichs, Karin Berg, sprach von einem „Fest“.", [("Fest", "Karin Berg")]),
    ("de", "Die Runde sagte am Abend, man sei „sehr, sehr müde“.", [("sehr, sehr müde", "Die Runde")]),
    ("de", "Das Vorgehen bestätigt, man werde „sehr, sehr müde“.", [("sehr, sehr müde", "")]),
    ("de", "Das Schiff hatte angelegt, was als „gutes Zeichen“ bewertet wurde.", [("gutes Zeichen", "")]),
    ("de", "Die Zeitung zitiert einen Wiekwart mit den Worten: „Gut.“", [("Gut.", "einen Wiekwart")]),
    ("en", "“We wait for the tide tonight,” the quorum said.", [("We wait for the tide tonight", "the quorum")]),
    (
        "en",
        "In a letter, Marsh was calm but, on Monday, rejected the plan raised as “sheer folly”.",
        [("sheer folly", "Helen Marsh")],
    ),
    ("en", "“I never met him,” Marsh was quoted by the paper as saying.", [("I never met him", "Helen Marsh")]),
    ("en", "“We wait for the tide,” is how Marsh puts it.", [("We wait for the tide", "Helen Marsh")]),
    ("en", "“With interest,” came the reply from Adam Pierce.", [("With interest", "Adam Pierce")]),
    ("en", "“The Wide Sea,” is the title of the film by Adam Pierce.", []),
    (
        "en",
        "“We will not be rushed again,” her deputy, Ann Cole, thundered.",
        [("We will not be rushed again", "Ann Cole")],
    ),
    ("en", "Officers allege that the suspect shouted “wait for me”.", [("wait for me", "the suspect")]),
    ("en", "Marsh sent a letter demanding answers about the town’s “missing pumps”.", [("missing pumps", "a letter")]),
    ("en", "Rioters planned a day with dozens of protests “or worse than that”.", []),
    ("de", "„Gut“, sagt die frühere Hebamme und Stadträtin Rhea Lamm.", [("Gut", "Rhea Lamm")]),
    ("de", "Trainer und Autor Piet Lorenz sagt: „Es wird gut.“", [("Es wird gut.", "Piet Lorenz")]),
    (
        "de",
        "„Gut“, sagten die Ministerin und Trainer Piet Lorenz.",
        [("Gut", "die Ministerin und Trainer Piet Lorenz")],
    ),
    ("de", "Gleich nach acht sagte Karin Berg: „Es wird gut.“", [("Es wird gut.", "Karin Berg")]),
    ("de", "Greenpeace in Wien sagte: „Es wird gut.“", [("Es wird gut.", "Greenpeace")]),
    ("de", "„Gut“, klagt die in Husum geborene Hebamme Karin Berg.", [("Gut", "Karin Berg")]),
    ("de", "„Gut“, sagte Prof. Dr. h. c. Karin Berg.", [("Gut", "Karin Berg")]),
    ("de", "„Gut“, gab Dr. rer. nat. Karin Berg zu.", [("Gut", "Karin Berg")]),
    ("en", "“The dam will hold,” recalled Sgt. Maj. Adam Pierce.", [("The dam will hold", "Adam Pierce")]),
    ("de", "Ralf Stein (CDU) lobte Ute Berg (SPD). „Gut“, sagte der CDU-Politiker.", [("Gut", "Ralf Stein")]),
    ("de", "Ralf Stein (CDU) lobte Ute Berg (CDU). „Gut“, sagte der CDU-Politiker.", [("Gut", "der CDU-Politiker")]),
]


@pytest.mark.parametrize(("language", "text", "expected"), PARAGRAPHS)
def test_all_paragraphs_of_a_quotation_have_its_speaker(language: str, text: str, expected: Told) -> None:
    assert told(text, language) == expected


@pytest.mark.parametrize(("language", "text"), CONSTITUENTS)
@pytest.mark.parametrize("before", ["", "„Nein“, sagte er. "])
def test_marked_words_that_are_part_of_a_sentence_are_no_quotation(language: str, text: str, before: str) -> None:
    assert len(told(before + text, language)) == len(told(before, language))


@pytest.mark.parametrize(("language", "text", "expected"), SEVERAL_OR_NOBODY)
def test_several_speakers_are_no_person_and_denials_have_none(language: str, text: str, expected: Told) -> None:
    assert told(text, language) == expected


@pytest.mark.parametrize(("language", "text", "expected"), CLAUSES)
def test_the_speaker_is_the_subject_of_the_clause_around_the_marks(language: str, text: str, expected: Told) -> None:
    assert told(text, language) == expected


REPORTED: list[tuple[str, str, Told]] = [
    ("de", "Holm lächelte. Sie tat so, als sei nichts geschehen.", []),
    ("de", "Voss klagte. Er wirkte, als habe er nicht geschlafen.", []),
    ("de", "Voss klagte. Wie lange noch? Man nehme eine Schaufel und beginne zu graben.", []),
    ("de", "Voss klagte. Koste es, was es wolle, er wird gebaut.", []),
    (
        "de",
        "Voss klagte. Der Deich sei alt. Man nehme das ernst.",
        [("Der Deich sei alt. Man nehme das ernst.", "Jonas Voss")],
    ),
    ("de", "Voss klagte. Ziel sei es, zu bauen.", [("Ziel sei es, zu bauen.", "Jonas Voss")]),
    ("de", "„Nichts ist passiert“, sagt Lena Berg, 34. „Gar nichts“, sagt ihr Bruder Ben Berg.", []),
    ("de", "Es sei, sagte Holm, ein guter Tag.", [("Es sei, sagte Holm, ein guter Tag", "Wiebke Holm")]),
    ("de", "Der Deich, so Holm, sei sicher.", [("Der Deich, so Holm, sei sicher", "Wiebke Holm")]),
    ("de", "Es reiche, sagte Holm, die Leiterin.", [("Es reiche", "Wiebke Holm")]),
    ("de", "Wer „Freiheit“ ruft, meint nicht immer Freiheit.", []),
    ("de", "„Der Damm sei alt, sagte Holm.", [("Der Damm sei alt", "Wiebke Holm")]),
    ("en", "Marsh did not say the dam was safe. She didn’t say the gate was shut.", []),
    ("de", "Neben den neu gewählten Räten kann Nordkabel damit punkten, dass es liefert.", []),
    (
        "de",
        "Aus dem Bericht über die Pumpen von Nordkabel geht hervor, dass es regnet.",
        [("dass es regnet", "dem Bericht")],
    ),
    ("en", "The officials he spoke to said the dam was safe.", [("the dam was safe", "The officials")]),
    ("en", "The mayor visited the hall and said it was too small.", [("it was too small", "The mayor")]),
    ("de", "Mitten in der Nacht sagte die Ministerin, es sei spät.", [("es sei spät", "die Ministerin")]),
    ("de", "Fischer aus Husum sagten der Ministerin, es sei spät.", [("es sei spät", "")]),
    ("de", "Voss lachte, Holm weinte.", []),
    ("de", "Voss kam und sagte, der Platz reiche nicht aus.", [("der Platz reiche nicht aus", "Jonas Voss")]),
    ("en", "It is too early to comment on whether the dam was safe.", []),
    ("en", "Officials moved to confirm the names of the dead.", []),
    ("en", "Pierce’s own remarks suggest he was tired.", [("he was tired", "Pierce’s own remarks")]),
    ("en", "According to a memo seen by Marsh, the dam is old.", [("the dam is old", "a memo")]),
    ("en", "Per Marsh’s report, the dam is old.", [("the dam is old", "Marsh’s report")]),
    ("en", "It was, Pierce said, a disaster.", [("It was, Pierce said, a disaster", "Adam Pierce")]),
    ("en", "The dam, Marsh told the BBC, would hold.", [("The dam, Marsh told the BBC, would hold", "Helen Marsh")]),
    (
        "en",
        "Marsh said the dam was safe, adding that nobody was hurt.",
        [("the dam was safe", "Helen Marsh"), ("that nobody was hurt", "Helen Marsh")],
    ),
]


@pytest.mark.parametrize(("language", "text", "expected"), REPORTED)
def test_reported_words_are_whole_and_only_where_somebody_reports(language: str, text: str, expected: Told) -> None:
    assert told(text, language, QuoteKind.INDIRECT) == expected


def test_the_lead_introduces_people_and_has_its_own_offsets() -> None:
    lead = "Bürgermeisterin Karin Holm will den Damm erhöhen. „Das Wasser steigt jedes Jahr“, sagt sie."
    text = "Der Rat tagt am Montag. „Wir haben keine Zeit zu verlieren“, sagte Holm."
    found = annotate_text(text, language="de", title="Holm: „Der Damm muss höher werden“", lead=lead)
    assert [(quote.part, quote.text, quote.person) for quote in found.quotes] == [
        (ArticlePart.HEADLINE, "Der Damm muss höher werden", "Karin Holm"),
        (ArticlePart.LEAD, "Das Wasser steigt jedes Jahr", "Karin Holm"),
        (None, "Wir haben keine Zeit zu verlieren", "Karin Holm"),
    ]
    parts = {ArticlePart.HEADLINE: "Holm: „Der Damm muss höher werden“", ArticlePart.LEAD: lead, None: text}
    assert all(parts[quote.part][quote.start : quote.end] == quote.text for quote in found.quotes)
    assert all(parts[mention.part][mention.start : mention.end] == mention.surface for mention in found.mentions)


def test_the_author_of_a_post_that_the_page_sets_apart_is_its_speaker() -> None:
    post = "The ferry sails again at noon."
    text = f"The ferry was late.\n{post}\n— Ellery Harbour (@elleryharbour) May 6, 2025\nIt sailed at one."
    found = annotate_text(text, language="en", blocks=[(20, 20 + len(post))])
    assert [(quote.text, who(quote)) for quote in found.quotes] == [(post, "Ellery Harbour (@elleryharbour)")]


def test_a_lead_that_the_text_repeats_is_read_once() -> None:
    lead = "Karin Holm will den Damm erhöhen."
    found = annotate_text(f"{lead}\nDer Rat tagt am Montag.", language="de", lead=lead)
    assert [(mention.part, mention.name) for mention in found.mentions] == [(None, "Karin Holm")]
