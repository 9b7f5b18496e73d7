"""Direct quotations: which marked words are somebody's, whose they are, and where they are in the text."""

from __future__ import annotations

import pytest

from pipeline.annotate import PRODUCER, Quote, QuoteKind, annotate_text
from pipeline.annotate.grammar.marks import find_segments
from pipeline.annotate.lexicon import Frame, Verb, load_lexicon, load_verbs

Gold = tuple[str, str | None, str | None]
"""Quotation, speaker as written, person."""

GERMAN: list[tuple[str, list[Gold]]] = [
    (
        "Bürgermeisterin Karin Holm hat den Damm besucht. „Das Wasser sinkt“, sagte Holm.",
        [("Das Wasser sinkt", "Holm", "Karin Holm")],
    ),
    (
        "Karin Holm sagte am Dienstag: „Wir haben es geschafft.“",
        [("Wir haben es geschafft.", "Karin Holm", "Karin Holm")],
    ),
    (
        "„Das ist ein guter Tag für die Stadt“, sagte Oberbürgermeister Jens Brandt (SPD) am Abend.",
        [("Das ist ein guter Tag für die Stadt", "Oberbürgermeister Jens Brandt (SPD)", "Jens Brandt")],
    ),
    (
        "Der Sprecher der Feuerwehr sagte: „Wir löschen noch.“",
        [("Wir löschen noch.", "Der Sprecher der Feuerwehr", None)],
    ),
    (
        "„Wir bleiben hier“, so die Ministerin. „Niemand muss gehen.“",
        [("Wir bleiben hier", "die Ministerin", None), ("Niemand muss gehen.", "die Ministerin", None)],
    ),
    ("„Der Vertrag gilt“, hieß es in der Mitteilung.", [("Der Vertrag gilt", "der Mitteilung", None)]),
    (
        "Der Ökonom Paul Reuter warnt vor Eile. „Die Preise steigen weiter“, sagte er. „Das trifft alle.“",
        [("Die Preise steigen weiter", "er", "Paul Reuter"), ("Das trifft alle.", "er", "Paul Reuter")],
    ),
    (
        "Laut Innenminister Ralf Stein war der Einsatz „gut vorbereitet und nötig“.",
        [("gut vorbereitet und nötig", "Innenminister Ralf Stein", "Ralf Stein")],
    ),
    (
        "Nach den Worten von Ralf Stein ist die Lage „ernst, aber beherrschbar“.",
        [("ernst, aber beherrschbar", "Ralf Stein", "Ralf Stein")],
    ),
    (
        "Dem Bericht zufolge war die Anlage „in keinem guten Zustand“.",
        [("in keinem guten Zustand", "Dem Bericht", None)],
    ),
    ("Nach Angaben der Polizei war der Fahrer „nicht ansprechbar“.", [("nicht ansprechbar", "der Polizei", None)]),
    ("„Wir prüfen das“, teilte die Staatsanwaltschaft mit.", [("Wir prüfen das", "die Staatsanwaltschaft", None)]),
    (
        "Die Verhandlungen seien „an einem toten Punkt“ angekommen, sagte Ralf Stein.",
        [("an einem toten Punkt", "Ralf Stein", "Ralf Stein")],
    ),
    ("Das Magazin „Fenster“ erscheint wöchentlich.", []),
    ("Die sogenannte „Schattenflotte“ liegt vor der Küste.", []),
    ("Der Film „Die lange Nacht am See“ läuft im Kino.", []),
    ("Er trat im „Haus am Markt“ auf.", []),
    ("Die „Fenster“-Redaktion zieht um.", []),
    ("Karin Holm nannte den Plan „völlig unbrauchbar“.", [("völlig unbrauchbar", "Karin Holm", "Karin Holm")]),
    (
        "Die Opposition sprach von einem „schwarzen Tag für das Land“.",
        [("schwarzen Tag für das Land", "Die Opposition", None)],
    ),
    ("Stein bezeichnete den Vorwurf als „frei erfunden“.", [("frei erfunden", "Stein", None)]),
    ('"Das ist zu wenig", kritisierte die Gewerkschaft.', [("Das ist zu wenig", "die Gewerkschaft", None)]),
    ("»Das ist zu wenig«, kritisierte der Verband.", [("Das ist zu wenig", "der Verband", None)]),
    ("«Das ist zu wenig», kritisierte der Verband.", [("Das ist zu wenig", "der Verband", None)]),
    ("„Das ist zu wenig”, kritisierte der Verband.", [("Das ist zu wenig", "der Verband", None)]),
    ('„Das ist zu wenig", kritisierte der Verband.', [("Das ist zu wenig", "der Verband", None)]),
    ("‚Das ist zu wenig‘, kritisierte der Verband.", [("Das ist zu wenig", "der Verband", None)]),
    (
        "„Er hat ‚Nein danke‘ gerufen und ging“, sagte die Zeugin.",
        [("Er hat ‚Nein danke‘ gerufen und ging", "die Zeugin", None)],
    ),
    (
        "„Sie rief »Halt!« und lief davon“, berichtet ein Anwohner.",
        [("Sie rief »Halt!« und lief davon", "ein Anwohner", None)],
    ),
    ("„Wann geht es los?“, fragte Karin Holm.", [("Wann geht es los?", "Karin Holm", "Karin Holm")]),
    (
        "„Ich habe“, sagte Karin Holm, „nie daran gezweifelt.“",
        [("Ich habe", "Karin Holm", "Karin Holm"), ("nie daran gezweifelt.", "Karin Holm", "Karin Holm")],
    ),
    (
        "In einem Interview mit der „Abendpost“ sagte Karin Holm: „Wir geben nicht auf.“",
        [("Wir geben nicht auf.", "Karin Holm", "Karin Holm")],
    ),
    ("Nach der Sitzung sagte er:\n„Wir sind uns einig geworden.“", [("Wir sind uns einig geworden.", "er", None)]),
    (
        "Vertragsarbeit liegt ihr. Karin Holm, die Leiterin des Amtes, sagte: „Wir zahlen pünktlich.“",
        [("Wir zahlen pünktlich.", "Karin Holm, die Leiterin des Amtes", "Karin Holm")],
    ),
    (
        "Die Leiterin des Amtes, Karin Holm, erklärte: „Wir zahlen pünktlich.“",
        [("Wir zahlen pünktlich.", "Die Leiterin des Amtes, Karin Holm", "Karin Holm")],
    ),
    (
        "Ursula von der Heide kam spät. „Der Zug stand“, sagte von der Heide.",
        [("Der Zug stand", "von der Heide", "Ursula von der Heide")],
    ),
    ("Anna Berg und Paul Berg leiten den Hof. „Wir pflügen nicht“, sagte Berg.", [("Wir pflügen nicht", "Berg", None)]),
    ("Anna Berg traf Karin Holm. „Das war überfällig“, sagte sie.", [("Das war überfällig", "sie", None)]),
    ("Anna Berg traf Paul Reuter. „Das war überfällig“, sagte sie.", [("Das war überfällig", "sie", "Anna Berg")]),
    (
        "„Wir haben das Haus verlassen“, hatte Stadtrat Emil Voss zuvor erklärt.",
        [("Wir haben das Haus verlassen", "Stadtrat Emil Voss", "Emil Voss")],
    ),
    ("Emil Voss wird mit den Worten zitiert: „Das Haus war leer.“", [("Das Haus war leer.", "Emil Voss", "Emil Voss")]),
    (
        "Karin Holm beklagte den Zustand der Brücke. Das Geländer sei „morsch und gefährlich“.",
        [("morsch und gefährlich", "Karin Holm", "Karin Holm")],
    ),
    ("Emil Voss: „Ich habe niemanden gesehen.“", [("Ich habe niemanden gesehen.", "Emil Voss", "Emil Voss")]),
    (
        "Vor dem Tor stand eine Frau. Dr. Emil Voss sagte: „Sie wartet seit 8 Uhr.“",
        [("Sie wartet seit 8 Uhr.", "Dr. Emil Voss", "Emil Voss")],
    ),
]

ENGLISH: list[tuple[str, list[Gold]]] = [
    (
        "Mayor Helen Marsh visited the dam. “The water is falling,” Marsh said.",
        [("The water is falling", "Marsh", "Helen Marsh")],
    ),
    ("“The water is falling,” said Helen Marsh.", [("The water is falling", "Helen Marsh", "Helen Marsh")]),
    ("“The water is falling,” said the mayor.", [("The water is falling", "the mayor", None)]),
    (
        "“We are ready,” Prime Minister Adam Pierce told the BBC.",
        [("We are ready", "Prime Minister Adam Pierce", "Adam Pierce")],
    ),
    ('"We are ready," he said.', [("We are ready", "he", None)]),
    ("'We are ready,' said the pilot.", [("We are ready", "the pilot", None)]),
    ("‘We aren’t ready,’ said the pilots’ leader.", [("We aren’t ready", "the pilots’ leader", None)]),
    ("'I like the boys' school,' said the nurse.", [("I like the boys' school", "the nurse", None)]),
    ("«We are ready», said the pilot.", [("We are ready", "the pilot", None)]),
    ("“He said ‘never’ and left,” recalled the witness.", [("He said ‘never’ and left", "the witness", None)]),
    (
        "Economist Adam Pierce urged patience. “Prices will rise,” he said. “Everyone will feel it.”",
        [("Prices will rise", "he", "Adam Pierce"), ("Everyone will feel it.", "he", "Adam Pierce")],
    ),
    (
        "Adam Pierce, a professor at Leeds, said: “The ice is too thin.”",
        [("The ice is too thin.", "Adam Pierce, a professor at Leeds", "Adam Pierce")],
    ),
    (
        "“The ice is too thin,” Adam Pierce, a professor at Leeds, said.",
        [("The ice is too thin", "Adam Pierce, a professor at Leeds", "Adam Pierce")],
    ),
    (
        "“The ice,” said Helen Marsh, “is far too thin to walk on.”",
        [("The ice", "Helen Marsh", "Helen Marsh"), ("is far too thin to walk on.", "Helen Marsh", "Helen Marsh")],
    ),
    ("Helen Marsh told reporters: “We found nothing.”", [("We found nothing.", "Helen Marsh", "Helen Marsh")]),
    ("She said, “We found nothing.”", [("We found nothing.", "She", None)]),
    (
        "In a statement, the company said: “No customer data was lost.”",
        [("No customer data was lost.", "the company", None)],
    ),
    ("According to the ministry, the plan was “fair and affordable”.", [("fair and affordable", "the ministry", None)]),
    ("Helen Marsh called the plan “a leap in the dark”.", [("a leap in the dark", "Helen Marsh", "Helen Marsh")]),
    (
        "Helen Marsh has threatened to sue if the pier is closed, calling it “a leap in the dark”.",
        [("a leap in the dark", "Helen Marsh", "Helen Marsh")],
    ),
    ("Helen Marsh described the talks as “frank and useful”.", [("frank and useful", "Helen Marsh", "Helen Marsh")]),
    (
        "Helen Marsh said the plan was “a leap in the dark” for the town.",
        [("a leap in the dark", "Helen Marsh", "Helen Marsh")],
    ),
    ("The plan was “a leap in the dark”, Helen Marsh said.", [("a leap in the dark", "Helen Marsh", "Helen Marsh")]),
    ("“Who pays for this?” asked the senator.", [("Who pays for this?", "the senator", None)]),
    ("“Who pays for this?” Marsh asked.", [("Who pays for this?", "Marsh", None)]),
    (
        "A spokesman for the prime minister said: “Talks continue.”",
        [("Talks continue.", "A spokesman for the prime minister", None)],
    ),
    ("The film “The Long Night” opens on Friday.", []),
    ("The so-called “slow lane” was closed.", []),
    ("They met at the “Old Mill” on Sunday.", []),
    ("The album “Nothing But Rain” sold well.", []),
    ("Officials said: “The road is shut.”", [("The road is shut.", "Officials", None)]),
    ("“The road is shut,” a police spokeswoman said on Friday.", [("The road is shut", "a police spokeswoman", None)]),
    ("The paper quoted Adam Pierce as saying: “I am staying.”", [("I am staying.", "Adam Pierce", "Adam Pierce")]),
    (
        "Adam Pierce was quoted as saying “I am staying and that is final”.",
        [("I am staying and that is final", "Adam Pierce", "Adam Pierce")],
    ),
    (
        "“First part of a long speech.\n“Second part of the same speech,” said Helen Marsh.",
        [
            ("First part of a long speech.", "Helen Marsh", "Helen Marsh"),
            ("Second part of the same speech", "Helen Marsh", "Helen Marsh"),
        ],
    ),
    (
        "Helen Marsh said: “First part of a long speech.\n“Second part of the same speech.”",
        [
            ("First part of a long speech.", "Helen Marsh", "Helen Marsh"),
            ("Second part of the same speech.", "Helen Marsh", "Helen Marsh"),
        ],
    ),
    ("Helen Marsh and Adam Pierce arrived. “It is late,” she said.", [("It is late", "she", "Helen Marsh")]),
    ("Helen Marsh met Laura Finch. “It is late,” she said.", [("It is late", "she", None)]),
    ("Sir Adam Pierce resigned. “I was tired,” Mr Pierce said later.", [("I was tired", "Mr Pierce", "Adam Pierce")]),
    ("“Nobody was hurt,” the fire department said in a statement.", [("Nobody was hurt", "the fire department", None)]),
    (
        "“I was there,” Helen Marsh, who runs the mill, told the inquiry.",
        [("I was there", "Helen Marsh", "Helen Marsh")],
    ),
    ("Marsh won. Helen Marsh added: “We start on Monday.”", [("We start on Monday.", "Helen Marsh", "Helen Marsh")]),
]


def direct_quotes(text: str, language: str) -> list[Quote]:
    return [quote for quote in annotate_text(text, language=language).quotes if quote.kind is QuoteKind.DIRECT]


def told(text: str, language: str) -> list[Gold]:
    return [
        (quote.text, quote.speaker.surface if quote.speaker else None, quote.person)
        for quote in direct_quotes(text, language)
    ]


@pytest.mark.parametrize(("text", "gold"), GERMAN, ids=[text[:60] for text, _ in GERMAN])
def test_german_sentences(text: str, gold: list[Gold]) -> None:
    assert told(text, "de") == gold


@pytest.mark.parametrize(("text", "gold"), ENGLISH, ids=[text[:60] for text, _ in ENGLISH])
def test_english_sentences(text: str, gold: list[Gold]) -> None:
    assert told(text, "en") == gold


VERBS = [(language, verb) for language in ("de", "en") for verb in load_verbs(language)]


@pytest.mark.parametrize(("language", "verb"), VERBS, ids=[f"{language}-{verb.lemma}" for language, verb in VERBS])
def test_every_verb_works_in_its_example(language: str, verb: Verb) -> None:
    quotes = annotate_text(verb.example, language=language).quotes
    if verb.frame is Frame.NONE:
        assert quotes == ()
        return
    kind = QuoteKind.INDIRECT if verb.frame is Frame.CLAUSE else QuoteKind.DIRECT
    (quote,) = (quote for quote in quotes if quote.kind is kind)
    assert quote.cue is not None
    forms = {*verb.finite, verb.participle, *(f"{verb.needs}{form}" for form in verb.finite)}
    assert forms & set(quote.cue.surface.lower().split())


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("Bundeskanzler", "de", True),
        ("Vizekanzlerin", "de", True),
        ("VW-Chef", "de", True),
        ("Ministers", "de", True),
        ("Pressesprecherinnen", "de", True),
        ("Wasser", "de", False),
        ("spokesmen", "en", True),
        ("officials", "en", True),
        ("bridge", "en", False),
    ],
)
def test_roles_are_known_in_compounds_and_inflected(word: str, language: str, expected: bool) -> None:
    lexicon = load_lexicon(language)
    assert lexicon is not None
    assert lexicon.is_role(word) is expected


def test_a_quote_points_at_its_speaker_and_cue() -> None:
    text = "Gestern regnete es. „Das Wasser sinkt“, sagte Karin Holm."
    (quote,) = annotate_text(text, language="de").quotes
    assert quote.kind is QuoteKind.DIRECT
    assert quote.speaker is not None and quote.cue is not None
    assert text[quote.start - 1] == "„" and text[quote.end] == "“"
    assert text[quote.speaker.start : quote.speaker.end] == "Karin Holm"
    assert text[quote.cue.start : quote.cue.end] == "sagte"
    assert (quote.rule, quote.confidence) == ("verb_speaker", 0.95)


def test_a_pronoun_lowers_the_confidence() -> None:
    text = "Der Ökonom Paul Reuter warnt. „Die Preise steigen weiter“, sagte er."
    (quote,) = annotate_text(text, language="de").quotes
    assert quote.person == "Paul Reuter"
    assert quote.confidence < 0.95


def test_a_pronoun_does_not_reach_back_over_two_sentences() -> None:
    text = "Paul Reuter warnt. Der Markt ist leer. Die Stände sind zu. „Die Preise steigen weiter“, sagte er."
    assert annotate_text(text, language="de").quotes[0].person is None


def test_the_title_introduces_names() -> None:
    text = "„Das Wasser sinkt“, sagte Holm am Abend."
    assert annotate_text(text, language="de", title="Karin Holm besucht den Damm").quotes[0].person == "Karin Holm"
    assert annotate_text(text, language="de").quotes[0].person is None


def test_without_rules_only_clear_quotations_count_and_nobody_is_named() -> None:
    text = "« Nous avons travaillé toute la nuit pour sauver la ville. » La maire lit « Le Monde »."
    (quote,) = annotate_text(text, language="fr").quotes
    assert quote.text == "Nous avons travaillé toute la nuit pour sauver la ville."
    assert quote.speaker is None and quote.person is None


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("„Eins“ und „Zwei”", ["Eins", "Zwei"]),
        ("“One” and ‘two’ and “three”", ["One", "two", "three"]),
        ("»Eins« und «Zwei»", ["Eins", "Zwei"]),
        ("« Un » et « deux »", ["Un", "deux"]),
        ("“One ‘two’ one” and more", ["One ‘two’ one"]),
        ("„Ich sage „Nein“ dazu“, rief er", ["Ich sage „Nein“ dazu"]),
        ("“Open and never closed\nA new “start” here", ["start"]),
        ('An "open start\nA new "start" here', ["start"]),
        ("“Open and “closed” here", ["closed"]),
        ("It's the '90s, isn't it, rock 'n' roll", []),
        ("the boys' and girls' schools", []),
        ('a 27" screen and "wide" too', ["wide"]),
        ("„Eins.\nZwei.“ Drei", ["Eins.", "Zwei."]),
        ("“One.\n“Two.\n“Three.” Four", ["One.", "Two.", "Three."]),
        ('„“ “” ""', []),
        ("”Ett och två” sade hon", ["Ett och två"]),
        ("„Eins“, rief er.\n“Zwei”, rief sie. „Drei“ und “vier”.", ["Eins", "Zwei", "Drei", "vier"]),
        ("Das ist eins“, rief er.\nUnd „zwei“.", ["zwei"]),
        ('"Eins, rief er. Dann "zwei" und "drei".', ["zwei", "drei"]),
        ('"Ich sage "Nein" dazu", rief er', ['Ich sage "Nein" dazu']),
    ],
)
def test_marks_are_paired_by_state(text: str, segments: list[str]) -> None:
    assert [text[s.start : s.end] for s in find_segments(text)] == segments


def test_producer_names_a_version() -> None:
    name, _, version = PRODUCER.partition("@")
    assert name == "annotate" and version.isdigit()
