"""Every rule against its own example, and against sentences that it must leave alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.extract.agencies import AGENCIES, credited_agencies
from pipeline.extract.box_rules import BOX_RULES, BoxRule, box_rules_for
from pipeline.extract.captions import CREDIT
from pipeline.extract.line_patterns import LineRule
from pipeline.extract.lines import BIO, LINE_RULES, NAMES_ONLY, is_bio, is_names_only
from pipeline.extract.outlets import Outlet, load_outlets
from pipeline.extract.tree_rules import ASIDE, TREE_RULES, TreeRule
from tests.golden.made_up import DEICH, HARBOUR, extract, page, paragraphs

ALL_TREE_RULES = [*TREE_RULES, ASIDE]
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
    assert rule.pattern.search(rule.example)
    assert len(rule.example) <= rule.max_chars


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_line_rules_leave_sentences_alone(rule: LineRule) -> None:
    assert not [text for text in SENTENCES if rule.pattern.search(text)]


ALL_RULES: list[BoxRule | TreeRule | LineRule] = [*BOX_RULES, *ALL_TREE_RULES, *LINE_RULES, BIO, NAMES_ONLY]


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in ALL_RULES]
    assert len(ids) == len(set(ids))


def test_every_rule_says_why() -> None:
    assert [rule.id for rule in ALL_RULES if not rule.reason.endswith((".", ".)"))] == []


@pytest.mark.parametrize("outlet", load_outlets(), ids=lambda outlet: outlet.host)
def test_outlets_give_what_their_examples_expect(outlet: Outlet) -> None:
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


def test_captured_at_may_lack_a_zone() -> None:
    assert extract(page(paragraphs(DEICH)), captured_at=datetime(2026, 3, 2)) == extract(
        page(paragraphs(DEICH)), captured_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
