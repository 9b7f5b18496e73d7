"""Each rule refuses its sentence and accepts the plain one; only prose is checked."""

from __future__ import annotations

import pytest

from tests.style import prose
from tests.style.plain_english import Rule, load_allowed, load_rules, refused

RULES = load_rules()
ALLOWED = load_allowed()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.refuses)
def test_rule_refuses_its_example_and_all_rules_accept_the_plain_one(rule: Rule) -> None:
    assert list(refused(rule.refuses, [rule], ALLOWED))
    assert not list(refused(rule.accepts, RULES, ALLOWED))


def found(pieces: list[prose.Prose]) -> list[tuple[int, str]]:
    return [
        (piece.line + piece.text.count("\n", 0, offset), words)
        for piece in pieces
        for offset, words, _ in refused(piece.text, RULES, ALLOWED)
    ]


def test_python_prose_is_comments_docstrings_messages_and_test_names() -> None:
    source = '''
"""Module.

Of two feeds, the first."""
LIMIT = 3
"""So many pages."""
DATA = "Of all"  # the page
# lies
# behind the wall
def test_page_behind_the_wall(): ...
def fail(count):
    raise ValueError(f"{count} of them be had")
text = """He said "Of all".""" # the word "behind" is quoted, and what stands behind a paywall is allowed
option(help="Of the page.")
'''
    assert sorted(found(list(prose.in_python(source)))) == [
        (4, "Of"),
        (6, "So many"),
        (9, "behind"),
        (10, "behind"),
        (12, "be had"),
        (14, "Of"),
    ]


def test_sql_and_yaml_prose_is_comments_and_descriptions() -> None:
    sql = "-- Of each article\nselect 'behind' -- lacks\n"
    assert found(list(prose.in_comments("--")(sql))) == [(1, "Of"), (2, "lacks")]
    yml = "# such a one\nmodels:\n  - name: behind\n    description: |\n      Its title\n      as it is.\n"
    assert found(list(prose.in_yaml(yml))) == [(1, "such a one"), (6, "as it is")]


def test_markdown_prose_is_outside_code() -> None:
    text = "# Title\n\nOf a page `behind`.\n\n```sh\nbehind\n```\n- So far nothing\n| a | Of it |\n"
    assert found(list(prose.in_markdown(text))) == [(3, "Of"), (9, "Of"), (8, "So far")]
