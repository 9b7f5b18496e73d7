"""Every rule has an example that it matches and one that it must not, and the documentation lists it."""

from __future__ import annotations

import pytest

from pipeline.annotate import Mention, Quote, QuoteKind, annotate_text
from pipeline.annotate.catalogue import RULES
from pipeline.annotate.direct.attribution import RULES as DIRECT_RULES
from pipeline.annotate.direct.inferred_speakers import nobody
from pipeline.annotate.direct.paragraphs import captioned_block
from pipeline.annotate.lexicon.words import read_words
from pipeline.annotate.rules import AnyRule, Finding
from pipeline.settings import PROJECT_ROOT


def found_in(text: str, rule: AnyRule) -> list[Quote | Mention]:
    """What is found in the text, of the kind that the rule finds."""
    # The page sets the example's second paragraph apart.
    start = text.find("\n") + 1
    blocks = [(start, text.index("\n", start))] if rule is captioned_block and text == rule.matches else []
    found = annotate_text(text, language=rule.language, blocks=blocks)
    if rule.finds is Finding.MENTION:
        return list(found.mentions)
    return [quote for quote in found.quotes if quote.kind is QuoteKind(rule.finds.value)]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_finds_its_example_and_not_its_counterexample(rule: AnyRule) -> None:
    last = found_in(rule.matches, rule)[-1]
    assert (last.rule, last.confidence) == (rule.id, rule.confidence)
    assert rule.id not in [found.rule for found in found_in(rule.misses, rule)]


def test_ids_are_unique_and_every_rule_says_something() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.finds for rule in RULES} == set(Finding)
    for rule in RULES:
        assert len(rule.says) > 15 and rule.matches != rule.misses and 0 < rule.confidence <= 1


def test_the_rule_without_a_speaker_is_tried_last_and_least_sure() -> None:
    *_, last = DIRECT_RULES
    assert last is nobody
    assert nobody.confidence == min(rule.confidence for rule in DIRECT_RULES)


def test_every_rule_is_documented() -> None:
    documented = (PROJECT_ROOT / "docs/annotation.md").read_text("utf-8")
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.confidence:.2f} | {rule.says} |" in documented


@pytest.mark.parametrize("table", ["words_both.toml", "words_de.toml", "words_en.toml"])
def test_no_set_has_a_word_twice(table: str) -> None:
    words = {key: text.split() for key, text in read_words(table).items()}
    assert {key: sorted(some) for key, some in words.items() if len(some) > len(set(some))} == {}


def test_no_german_role_is_a_compound_of_another_one() -> None:
    """Compounds are recognised by their ends, so the list has only what no other word of it ends."""
    roles = set(read_words("words_de.toml")["roles"].split())
    assert [role for role in roles if any(role[at:] in roles for at in range(1, len(role)))] == []
