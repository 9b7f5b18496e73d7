"""Every rule against its own example, and against sentences that it must leave alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.extract.boilerplate.box_rules import BOX_RULES, BoxRule, box_rules_for
from pipeline.extract.boilerplate.line_patterns import LineRule
from pipeline.extract.boilerplate.lines import BIO, LINE_RULES, NAMES_ONLY, is_bio, is_names_only
from pipeline.extract.boilerplate.outlet_rules import OutletRules, load_outlet_rules
from pipeline.extract.boilerplate.tree_rules import LAST_RULES, TREE_RULES, TreeRule
from pipeline.extract.metadata.agencies import AGENCIES, credited_agencies
from pipeline.extract.page.removal import CREDIT
from tests.golden.made_up import DEICH, HARBOUR, extract, page, paragraphs

ALL_TREE_RULES = [*TREE_RULES, *LAST_RULES]
SENTENCES = (
    *DEICH,
    *HARBOUR,
    "Sie lesen jeden Morgen die Zeitung, sagte Tamsen, und dann erst gehen sie an die Arbeit.",
    "Die Korrektur der Pläne hat den Landtag mehr Zeit gekostet, als die Opposition erwartet hatte.",
    "Follow the river for two miles, the harbour master said, and you will see what the storm has left.",
    "Wer Hinweise hat, soll sich bei der Polizei melden, die am Montag eine Sonderkommission gebildet hat.",
    "Von Wiekstadt aus sind es nur wenige Kilometer bis zum Deich, an dem am Sonntag gearbeitet wurde.",
    "Das Blaulicht des Einsatzwagens war in der Nacht noch lange über dem Ruhntal zu sehen.",
)
BEGINNING_LIKE_LABELS = (
    "Zum Thema Deichbau sagte Tamsen, das Land habe lange genug gewartet und müsse nun zahlen.",
    "Sehen Sie hier einen Fehler Ihres Vorgängers, der den Deich doch noch 2019 gelobt hat?",
    "Hören Sie auch die Klagen der Fischer, Frau Tamsen?",
    "Mehr aus Trotz als aus Einsicht gab der Rat von Wiekstadt am Ende nach.",
    "Mehr von diesen Pumpen wünscht sich die Feuerwehr, die im März keine einzige bekam.",
    "Weiterlesen konnte sie den Brief erst am nächsten Morgen, so Tamsen.",
    "Passend dazu läuteten in Altenruhn die Glocken, als die Wagen kamen.",
    "Siehe auch das Gutachten von 2021: Schon damals war der Deich zu niedrig.",
    "Recommended: that was the word on the tin from which they drank.",
    "„Wir und unsere Partner am Oberlauf stehen bereit, Daten zu teilen“, sagte Carls am Morgen.",
    "Wir und unsere Partner am Oberlauf haben zu lange gewartet, räumte Carls am Morgen ein.",
    "Alle akzeptieren den neuen Plan, wie Tamsen nach der Sitzung in Wiekstadt betonte.",
    "We use cookies to lure the otters ashore, the harbour master said with a smile.",
    "BILD: Frau Tamsen, warum kam die Warnung so spät?",
    "Images: that is all she took with her from the flooded house.",
    "Quelle: So heißt das Haus, in dem die Helfer in der Nacht schliefen.",
    "In einer ersten Fassung des Deichgesetzes war noch von vier Metern die Rede gewesen.",
    "In einer früheren Meldung hatte die Feuerwehr noch von zwei Vermissten gesprochen.",
    "„Wir haben den Fehler im Plan korrigiert“, sagte der Ingenieur Bo Carls.",
    "Wir haben die Preise für Sandsäcke deutlich korrigiert, und das merkt jetzt jeder.",
    "This year's survey was amended twice before the harbour council agreed to print it.",
    "„Ich bin damit einverstanden, dass der Inhalt der Akte bekannt wird“, sagte Tamsen.",
    "This video is the third leaked from the harbour office since the storm.",
    "Copyright law must change before the summer, the minister told the council.",
    "Dieser Text stammt aus dem vierzehnten Jahrhundert und lag in einer Truhe in Altenruhn.",
    "Dieser Text erschien 1848 und war schon am nächsten Tag verboten.",
    "Das schrieb der Holmbote am Abend im Ticker.",
    "Hier endet die Welt der Liveticker, sagte die Trainerin und lachte.",
    "Jetzt testen Ingenieure in Wiekstadt einen Deich ganz ohne Beton.",
    "Jetzt registrieren die Pegel am Oberlauf wieder weniger Wasser.",
    "Already registered boats may stay in the old basin until the autumn.",
    "To continue reading the list of names was more than he could bear.",
    "Get unlimited access to the pier, that is what the fishermen ask for.",
    "Sign up numbers rose after the storm, the volunteers' office in Wiekstadt said.",
    "Der Hafen gibt einen Newsletter heraus, den zweihundert Fischer kostenlos bekommen.",
    "Mit Informationen von Nachbarn fand die Feuerwehr das letzte Boot am Abend.",
    "Mit Material von der Werft füllten Helfer die Lücke im Deich.",
    "Folgen Sie uns, rief die Frau am Ufer den Eingeschlossenen zu.",
    "Tags darauf kam das Wasser wieder und nahm die Brücke mit.",
    "Tags zuvor hatte der Rat noch getagt.",
    "Editor’s note: this is the first of three articles about the harbour.",
    "Feedback from the fishermen was mixed.",
    "Produktion und Verkauf ziehen nach Wiekstadt – bis Mai",
)
LABELS = (
    ("Mehr zum Thema: Wer die Deiche bezahlt", "read_also"),
    ("Lesen Sie auch", "read_also"),
    ("READ MORE: How the pier was built", "read_also"),
    ("Alle akzeptieren und weiter", "consent"),
    ("Quelle: eigene Recherche", "credit"),
    ("Bild: picture alliance / dpa", "credit"),
    ("Copyright 2026 Holmbote", "credit"),
    ("Folgen Sie uns auf Instagram und Facebook!", "share"),
    ("Sign up for our morning briefing", "newsletter"),
    ("Jetzt testen", "paywall"),
    ("Already a subscriber? Log in", "paywall"),
    ("Mit Material von AFP und Nordpress", "source"),
    ("Produktion: Anna Berg", "credits"),
    ("Tags: Ruhn, Deich", "page_data"),
    ("Die Lage im Ruhntal im Liveblog:", "liveblog_pointer"),
    ("12. März 2026 | 2:31 min", "video_caption"),
    ("3. Okt. 2025 | 12:05 min", "video_caption"),
    ("Hinweis: In einer vorherigen Fassung hieß es, der Deich sei alt.", "correction"),
    ("In einer ersten Fassung des Artikels stand, der Deich sei alt.", "correction"),
    ("An earlier version of this article gave the wrong height.", "correction"),
    ("Editor’s note: An earlier version of this article gave the wrong height.", "correction"),
    ("Update: This story has been corrected to give the right height.", "correction"),
    ("Anm. d. Red.: Wir haben die Höhe des Deichs korrigiert.", "correction"),
    ("Dieser Beitrag wurde am Abend in einem Punkt berichtigt.", "correction"),
)


@pytest.mark.parametrize("rule", BOX_RULES, ids=lambda rule: rule.id)
def test_box_rules_match_their_examples(rule: BoxRule) -> None:
    assert rule in box_rules_for(rule.example)


@pytest.mark.parametrize(
    "name", ["article-body", "c-text unrelated", "headline", "adventure", "sharepoint-text", "roads"]
)
def test_box_rules_leave_other_names_alone(name: str) -> None:
    assert box_rules_for(name) == ()


@pytest.mark.parametrize("name", ["shareBar", "share-bar", "c-share_bar", "article__share-bar--top", "x share/bar"])
def test_a_box_is_known_however_its_name_is_joined(name: str) -> None:
    assert [rule.id for rule in box_rules_for(name)][:1] == ["share_box"]


@pytest.mark.parametrize("rule", ALL_TREE_RULES, ids=lambda rule: rule.id)
def test_tree_rules_take_their_examples_out_and_nothing_else(rule: TreeRule) -> None:
    extraction = extract(page(paragraphs(DEICH[:2]) + rule.example + paragraphs(DEICH[2:])))
    kept = [block.text for block in extraction.blocks]
    # The example of `next_article` ends the article that the page began, so what follows is the next one's.
    assert kept == list(DEICH[:2] if rule.id == "next_article" else DEICH)
    recorded = {stripped.rule for stripped in extraction.stripped}
    assert rule.id in recorded or any(name.startswith((f"{rule.kind}_", "figure_")) for name in recorded)


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_line_rules_match_their_examples(rule: LineRule) -> None:
    assert rule.matches(rule.example)
    assert not rule.needs or any(word in rule.example.lower() for word in rule.needs)


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_line_rules_leave_sentences_alone(rule: LineRule) -> None:
    assert not [text for text in (*SENTENCES, *BEGINNING_LIKE_LABELS) if rule.matches(text)]


@pytest.mark.parametrize("text", BEGINNING_LIKE_LABELS)
def test_a_sentence_that_begins_like_a_label_is_text(text: str) -> None:
    for extraction in (
        extract(page(paragraphs((*DEICH, text, *HARBOUR)))),
        extract(page(paragraphs((*DEICH, *HARBOUR[:2], text, HARBOUR[2])))),
    ):
        assert text in [block.text for block in extraction.blocks]
        assert extraction.correction is None


@pytest.mark.parametrize(("text", "kind"), LABELS)
def test_a_line_that_is_a_label_or_notice_is_stripped(text: str, kind: str) -> None:
    extraction = extract(page(paragraphs((*DEICH, *HARBOUR, text))))
    assert [block.text for block in extraction.blocks] == [*DEICH, *HARBOUR]
    assert kind == "correction" or kind in {stripped.kind for stripped in extraction.stripped}
    assert (extraction.correction == text) == (kind == "correction")


def test_a_pointer_without_a_mark_is_known_by_its_link() -> None:
    text = "Lesen Sie auch, wer die neuen Deiche an der Ruhn bezahlt"
    linked = text.replace("wer die neuen Deiche an der Ruhn", "<a href='/w'>wer die neuen Deiche an der Ruhn</a>")
    assert text in extract(page(paragraphs((*DEICH, text, *HARBOUR)))).text
    assert text not in extract(page(paragraphs((*DEICH, linked, *HARBOUR)))).text


def test_the_questions_of_an_interview_are_text() -> None:
    questions = (
        "BOTE: Warum erst jetzt?",
        "BILD: Wer zahlt?",
        "Sehen Sie dazu eine Wahl?",
        "Zum Thema Geld: Wer zahlt?",
    )
    talk = tuple(line for pair in zip(questions, HARBOUR, strict=True) for line in pair)
    assert [block.text for block in extract(page(paragraphs((*DEICH, *talk)))).blocks] == [*DEICH, *talk]


ALL_RULES: list[BoxRule | TreeRule | LineRule] = [*BOX_RULES, *ALL_TREE_RULES, *LINE_RULES, BIO, NAMES_ONLY]


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in ALL_RULES]
    assert len(ids) == len(set(ids))


def test_every_rule_says_why() -> None:
    assert [rule.id for rule in ALL_RULES if not rule.reason.endswith((".", ".)"))] == []


@pytest.mark.parametrize("outlet", load_outlet_rules(), ids=lambda outlet: outlet.host)
def test_outlets_give_what_their_examples_expect(outlet: OutletRules) -> None:
    extraction = extract(outlet.example.encode(), url=f"https://www.{outlet.host}/ort/artikel-1")
    kinds = [block.kind.value for block in extraction.blocks]
    assert extraction.headline == outlet.expected.headline
    assert (kinds.count("paragraph"), kinds.count("list")) == (outlet.expected.paragraphs, outlet.expected.lists)
    assert {stripped.kind for stripped in extraction.stripped if stripped.rule == f"outlet:{outlet.host}"} == {
        unwanted.kind for unwanted in outlet.remove
    }


@pytest.mark.parametrize(
    ("caption", "holder"),
    [
        ("Helfer am Deich. Quelle: Nordpress", "Nordpress"),
        ("The pier after the storm. Photograph: Ada Thorne/Harbour Post", "Ada Thorne/Harbour Post"),
        ("Blick auf die Ruhn © Holmbote", "Holmbote"),
    ],
)
def test_credits(caption: str, holder: str) -> None:
    credit = CREDIT.search(caption)
    assert credit is not None
    assert credit["holder"] == holder


@pytest.mark.parametrize(
    "text",
    [
        "Anna Berg ist Reporterin im Studio Ruhntal.",
        "Korrespondentin Anna Berg ist beim Holmboten für den Landtag zuständig.",
        "Anna Berg covers the harbour for the Post.",
    ],
)
def test_a_bio_speaks_of_the_author(text: str) -> None:
    assert is_bio(text, ("Anna Berg",))


def test_a_sentence_on_somebody_else_is_no_bio() -> None:
    assert not is_bio("Anke Tamsen ist Bürgermeisterin.", ("Anna Berg",))
    assert not is_bio("Das sagte auch die Reporterin Anna Berg.", ("Anna Berg",))


def test_a_line_with_only_the_authors_names_is_no_text() -> None:
    assert is_names_only("Anna Berg und Bo Carls".replace(" und ", ", "), ("Anna Berg", "Bo Carls"))
    assert not is_names_only("Anke Tamsen", ("Anna Berg",))
    assert not is_names_only("***", ("Anna Berg",))


@pytest.mark.parametrize(
    ("names", "paragraphs_", "lines", "agencies"),
    [
        (["dpa"], [], [], ("dpa",)),
        (["Anna Berg", "Anna Berg und dpa"], [], [], ("dpa",)),
        (["Reuters Staff"], [], [], ("Reuters",)),
        ([], ["Brückfeld (dpa) - Der Deich hat gehalten."], [], ("dpa",)),
        ([], ["BRÜCKFELD (dpa/lhe) – Der Deich hat gehalten."], [], ("dpa",)),
        ([], ["WIEKSTADT, March 2 (Reuters) - The pier is to be rebuilt."], [], ("Reuters",)),
        ([], ["WIEKSTADT (AP) — The pier is to be rebuilt."], [], ("AP",)),
        ([], ["Der Deich hat gehalten.", "Das teilte das Rathaus mit. (epd/KNA)"], [], ("epd", "KNA")),
        ([], [], ["Quelle: dpa, AFP"], ("dpa", "AFP")),
        ([], [], ["(nnp/sid)"], ("sid",)),
        ([], [], ["Mit Material von APA"], ("APA",)),
        (["Anna Berg"], ["Der Deich (erbaut 1964) hat gehalten.", "Die Map zeigt es (links)."], [], ()),
        (["Apa Sidler"], ["Wie die dpa berichtet, hat der Deich gehalten."], [], ()),
    ],
)
def test_agencies(names: list[str], paragraphs_: list[str], lines: list[str], agencies: tuple[str, ...]) -> None:
    assert credited_agencies(names, paragraphs_, lines) == agencies


def test_the_agencies_that_german_newsrooms_credit_most_are_known() -> None:
    assert {"dpa", "AFP", "Reuters", "AP", "epd", "KNA", "sid", "APA"} <= AGENCIES.keys()


def test_captured_at_without_a_zone_is_utc() -> None:
    assert extract(page(paragraphs(DEICH)), captured_at=datetime(2026, 3, 2)) == extract(
        page(paragraphs(DEICH)), captured_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
