"""Taking out what is not the article by the words of its lines, after extraction."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.events import Block, BlockKind
from pipeline.extract.removal import Removal
from pipeline.extract.rules import CORRECTIONS, LINE_RULES, LineRule
from pipeline.extract.text import words_of

MAX_SHARE_OF_TEXT = 0.25
"""A rule that would take more of the text than this in sum takes nothing."""
HEAD_BLOCKS = 6
"""Bylines and datelines are stripped among the first blocks only: further down they are text."""
_HEAD_KINDS = frozenset({"byline", "dateline"})


def clean_lines(blocks: Sequence[Block], removal: Removal, authors: Sequence[str] = ()) -> list[Block]:
    """The blocks without those that are boilerplate by their words. A rule that would take too much takes nothing."""
    total = sum(len(block.text) for block in blocks) or 1
    hits = [_line_hit(block, number, len(blocks), authors) for number, block in enumerate(blocks)]
    taken: dict[str, int] = {}
    for block, rule in zip(blocks, hits, strict=True):
        if rule is not None:
            taken[rule.id] = taken.get(rule.id, 0) + len(block.text)
    kept: list[Block] = []
    for block, rule in zip(blocks, hits, strict=True):
        if rule is None or taken[rule.id] > total * MAX_SHARE_OF_TEXT:
            kept.append(block)
        elif rule.kind == "correction":
            removal.correction = f"{removal.correction} {block.text}" if removal.correction else block.text
        else:
            removal.add(rule.kind, rule.id, block.text)
    return _without_dangling_headings(kept, removal)


def _line_hit(block: Block, number: int, count: int, authors: Sequence[str]) -> LineRule | None:
    if block.kind in {BlockKind.QUOTATION, BlockKind.TABLE}:
        return None
    for rule in (*CORRECTIONS, *LINE_RULES):
        if len(block.text) <= rule.max_chars and rule.pattern.search(block.text):
            if rule.kind in _HEAD_KINDS and number >= HEAD_BLOCKS:
                continue
            return rule
    if number >= count - 5 and is_bio(block.text, authors):
        return BIO
    return None


_BIO_VERB = r"(?:ist|war|arbeitet|schreibt|berichtet|leitet|is|was|works|writes|covers|reports|has been|lives)"
BIO = LineRule(
    "bio_of_author", "bio", re.compile(rf"^{_BIO_VERB}\b", re.IGNORECASE), "ist Reporterin im Studio Ruhntal.", 700
)


def is_bio(text: str, authors: Sequence[str]) -> bool:
    """`Anna Berg ist Reporterin …`: the last lines of an article that speak of its author."""
    if len(text) > BIO.max_chars:
        return False
    return any(
        author and text.startswith(author) and BIO.pattern.match(text[len(author) :].lstrip(" ,")) for author in authors
    )


def without_repeated_quotations(blocks: Sequence[Block], removal: Removal) -> list[Block]:
    """Without pull quotes that only repeat what a paragraph says."""
    prose = [" ".join(words_of(block.text)) for block in blocks if block.kind is BlockKind.PARAGRAPH]
    kept: list[Block] = []
    for block in blocks:
        words = " ".join(words_of(block.text))
        if block.kind is BlockKind.QUOTATION and len(words) > 20 and any(words in paragraph for paragraph in prose):
            removal.add("pull_quote", "repeated_quotation", block.text)
        else:
            kept.append(block)
    return kept


def _without_dangling_headings(blocks: list[Block], removal: Removal) -> list[Block]:
    """A heading that nothing follows was the heading of something removed."""
    while blocks and blocks[-1].kind is BlockKind.SUBHEADING:
        removal.add("heading", "dangling_heading", blocks.pop().text)
    return blocks


def repeats(text: str, other: str | None) -> bool:
    """The same words, or one wording inside the other at nearly the same length."""
    if not other or not 0.6 < len(text) / len(other) < 1.7:
        return False
    one, two = words_of(text), words_of(other)
    if one == two:
        return True
    joined, within = " ".join(one), " ".join(two)
    return len(one) > 3 and joined in within and len(joined) > 0.7 * len(within)
