"""Remove boilerplate by the words of its lines, after the text was extracted."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import takewhile

import msgspec

from pipeline.events import Block, BlockKind
from pipeline.extract.boilerplate.corrections import CORRECTIONS
from pipeline.extract.boilerplate.credit_rules import CREDIT_RULES
from pipeline.extract.boilerplate.line_patterns import LineRule, Place, any_pattern
from pipeline.extract.boilerplate.line_rules import AGENCY_RULES, MEDIA_RULES, POINTER_RULES
from pipeline.extract.boilerplate.promotion_rules import PROMOTION_RULES
from pipeline.extract.page.flow import Line
from pipeline.extract.page.quotations import speaker_in
from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import CAPITALS, normal, words_of

MAX_SHARE_OF_TEXT = 0.25
"""A rule whose matches hold more than this share of the text removes nothing."""
MAX_SHARE_OF_NOTICES = 0.5
"""The same limit for correction notices and those of a paywall, which may be nearly as long as a short text."""
HEAD_BLOCKS = 6
"""Bylines and datelines are removed only among the first blocks of text; further down they are part of the article."""
_MAX_DANGLING = 2
"""If at most this many headings follow each other at the end, they are removed: the text below them was boilerplate.
If there are more, they are a list and all of them stay."""
FOOT_BLOCKS = 5
"""Credits and notes on authors are removed only among the last blocks of text. Removed blocks do not count."""
_ALL_QUOTED = re.compile(r"^[„“”\"«»‚‘‹›][^„“”\"«»]{10,240}[“”\"«»’›‹]\W*$")
MAX_LINKED_CHARS = 300
"""Longer lines do not count as linked."""
_FRAME_RULES = tuple(rule for rule in PROMOTION_RULES if rule.id in {"consent_notice", "copyright_notice"})
_MAX_FRAME_CHARS = max(rule.max_chars for rule in _FRAME_RULES)
LINE_RULES = (*CORRECTIONS, *AGENCY_RULES, *MEDIA_RULES, *POINTER_RULES, *PROMOTION_RULES, *CREDIT_RULES)
_RULES_WITH_NEEDS = tuple(rule for rule in LINE_RULES if rule.needs)
_RANKS = {rule.id: number for number, rule in enumerate(LINE_RULES)}


def clean_lines(
    blocks: Sequence[Block], removal: Removal, authors: Sequence[str] = (), linked: Set[str] = frozenset()
) -> list[Block]:
    """Return the blocks without boilerplate. A rule that would remove too much of the text removes nothing.

    `linked` holds the lines that consist mostly of links, normalized by `normal`.
    """
    total = sum(len(block.text) for block in blocks) or 1
    is_linked = [
        bool(linked) and len(block.text) <= MAX_LINKED_CHARS and normal(block.text) in linked for block in blocks
    ]
    hits = _line_hits(blocks, authors, is_linked)
    taken: dict[str, int] = {}
    for block, rule in zip(blocks, hits, strict=True):
        if rule is not None:
            taken[rule.id] = taken.get(rule.id, 0) + len(block.text)
    kept: list[Block] = []
    for block, rule in zip(blocks, hits, strict=True):
        most = MAX_SHARE_OF_NOTICES if rule and rule.kind in {"correction", "paywall"} else MAX_SHARE_OF_TEXT
        if rule is None or taken[rule.id] > total * most:
            kept.append(block)
        elif rule.kind == "correction":
            removal.add_correction(block.text)
        else:
            removal.add(rule.kind, rule.id, block.text)
    return _without_dangling_headings(kept, removal)


def rules_of_frame(lines: Sequence[Line]) -> list[LineRule | None]:
    """The rule about each line of the page's frame, even if it has most of the text: a consent dialog, a copyright."""
    said = "\n".join(line.text for line in lines if len(line.text) <= _MAX_FRAME_CHARS).lower()
    rules = [rule for rule in _FRAME_RULES if rule.may_match(said)]
    return [_first_match(rules, line.text) if rules else None for line in lines]


def _first_match(rules: Sequence[LineRule], text: str) -> LineRule | None:
    lowered = text.lower() if len(text) <= _MAX_FRAME_CHARS else ""
    return next((rule for rule in rules if rule.may_match(lowered) and rule.matches(text)), None)


def _line_hits(blocks: Sequence[Block], authors: Sequence[str], linked: Sequence[bool]) -> list[LineRule | None]:
    """The rule that matches each block, or None.

    The head reaches down until it contains `HEAD_BLOCKS` blocks that no rule matches; the foot reaches up until it
    contains `FOOT_BLOCKS` such blocks.
    """
    said = "\n".join(block.text for block in blocks).lower()
    needing = [rule for rule in _RULES_WITH_NEEDS if rule.may_match(said)]
    hits = [
        _line_hit(block, Place.ANYWHERE, needing, is_linked=is_linked)
        for block, is_linked in zip(blocks, linked, strict=True)
    ]
    for place, numbers, reach in (
        (Place.FOOT, range(len(blocks) - 1, -1, -1), FOOT_BLOCKS),
        (Place.HEAD, range(len(blocks)), HEAD_BLOCKS),
    ):
        kept = 0
        for number in numbers:
            if kept == reach:
                break
            found = hits[number], _edge_hit(blocks[number], place, authors, is_linked=linked[number])
            hits[number] = min(filter(None, found), key=_rank, default=None)
            kept += hits[number] is None
    return hits


def _line_hit(block: Block, place: Place, needing: Sequence[LineRule] = (), *, is_linked: bool) -> LineRule | None:
    """The rule that matches the block. `needing` are the rules with a word that they need somewhere in the text."""
    if block.kind in {BlockKind.QUOTATION, BlockKind.TABLE}:
        return None
    text = block.text
    rules = _RULES[place, is_linked or len(text) <= _SHORT_CHARS]
    found: tuple[LineRule, ...] = ()
    if is_linked:
        found = rules.all
    else:
        if needing:
            lowered = text.lower()
            found = tuple(rule for rule in needing if rule.may_match(lowered))
        if rules.pattern.match(text):
            found = tuple(sorted((*rules.without_needs, *found), key=_rank))
    return next((rule for rule in found if rule.matches(text, is_linked=is_linked)), None)


class _RuleSet(msgspec.Struct, frozen=True):
    """The rules about lines of one place and length, in the order of the table."""

    all: tuple[LineRule, ...]
    without_needs: tuple[LineRule, ...]
    pattern: re.Pattern[str]
    """Matches where any rule without `needs` does. Most lines are compared with it alone."""


def _rules_about(place: Place, *, min_chars: int) -> _RuleSet:
    places = (place,) if place is Place.ANYWHERE else (place, Place.EDGES)
    rules = tuple(rule for rule in LINE_RULES if rule.place in places and rule.max_chars >= min_chars)
    without_needs = tuple(rule for rule in rules if not rule.needs)
    pattern = any_pattern(rule.pattern for rule in without_needs)
    return _RuleSet(rules, without_needs, pattern)


def _rank(rule: LineRule) -> int:
    return _RANKS.get(rule.id, len(LINE_RULES))


_SHORT_CHARS = 120
"""Fewer rules are about longer lines."""
_RULES = {
    (place, is_short): _rules_about(place, min_chars=0 if is_short else _SHORT_CHARS + 1)
    for place in Place
    for is_short in (True, False)
}
"""Compiled once, when the module is loaded."""


def _edge_hit(block: Block, place: Place, authors: Sequence[str], *, is_linked: bool) -> LineRule | None:
    if block.kind in {BlockKind.QUOTATION, BlockKind.TABLE}:
        return None
    hit = _line_hit(block, place, is_linked=is_linked)
    if hit is None and place is Place.FOOT and is_bio(block.text, authors):
        return BIO
    return hit or (NAMES_ONLY if is_names_only(block.text, authors) else None)


_BIO = (
    r"(?:(?:arbeitet|schreibt|berichtet|leitet|works|writes|covers|reports|has worked|lives)\b"
    r"|(?:ist|is|has been)\b.{0,80}?(?:redakt|reporter|korrespond|correspond|autor|author|journalist|volontär|editor"
    r"|writer|columnist|kolumnist|fotograf|photograph|mitarbeiter|freelance|chef|leiter|director|head of|dozent|profess"
    r"|forsch|research|wissenschaft|fellow|lecturer|zuständig|responsible for))"
)
"""Verbs and professions in notes on authors. Without `war` and `was`: “Berg was in …” can be from an article."""
_BEFORE_NAME = re.compile(rf"^(?:[{CAPITALS}(]\S*\s+){{0,4}}$")
BIO = LineRule(
    id="bio_of_author",
    kind="bio",
    reason="The last lines are about the author.",
    example="Anna Berg ist Reporterin im Studio Ruhntal.",
    pattern=re.compile(rf"^{_BIO}", re.IGNORECASE),
    max_chars=700,
    place=Place.FOOT,
)
"""Applied by `is_bio`. The pattern is for the words after the author's name, so it does not match the example."""
NAMES_ONLY = LineRule(
    id="author_names",
    kind="byline",
    reason="The first or last line is the authors' names and nothing else.",
    example="Anna Berg",
    pattern=re.compile(r"^\W*$"),
    max_chars=120,
    place=Place.FOOT,
)
"""Applied by `is_names_only`, in the head and in the foot. The pattern and the place are not used."""


def is_bio(text: str, authors: Sequence[str]) -> bool:
    """True if the line is about an author: `Anna Berg ist Reporterin …`, `Korrespondentin Anna Berg ist …`."""
    if len(text) > BIO.max_chars:
        return False
    for author in authors:
        before, name, after = text.partition(author)
        if name and _BEFORE_NAME.match(before) and BIO.pattern.match(after.lstrip(" ,")):
            return True
    return False


def is_names_only(text: str, authors: Sequence[str]) -> bool:
    """True if the line consists of the authors' names only."""
    if not authors or len(text) > NAMES_ONLY.max_chars:
        return False
    rest = normal(text)
    for author in authors:
        rest = rest.replace(normal(author), "")
    return rest.strip() == "" and any(character.isalpha() for character in text)


def without_repeated_quotations(blocks: Sequence[Block], removal: Removal) -> list[Block]:
    """Remove pull quotes that only repeat a paragraph, and the line after them with the speaker.

    A paragraph is a pull quote if all of it is in quotation marks.
    """
    if not any(map(_is_pull_quote, blocks)):
        return list(blocks)
    prose = [normal(block.text) for block in blocks if block.kind is BlockKind.PARAGRAPH]
    kept: list[Block] = []
    after_repeated = False
    for block in blocks:
        words = normal(block.text) if _is_pull_quote(block) else ""
        is_apart = block.kind is BlockKind.QUOTATION
        is_repeated = len(words) > 20 and any(words in one for one in prose if is_apart or one != words)
        if is_repeated or (after_repeated and speaker_in(block)):
            removal.add("pull_quote", "repeated_quotation", block.text)
        else:
            kept.append(block)
        after_repeated = is_repeated
    return kept


def _is_pull_quote(block: Block) -> bool:
    is_quoted = block.kind is BlockKind.PARAGRAPH and _ALL_QUOTED.match(block.text) is not None
    return is_quoted or block.kind is BlockKind.QUOTATION


def _without_dangling_headings(blocks: list[Block], removal: Removal) -> list[Block]:
    """Remove the headings at the end, if they are at most `_MAX_DANGLING`."""
    count = len(list(takewhile(lambda block: block.kind is BlockKind.SUBHEADING, reversed(blocks))))
    if count > _MAX_DANGLING:
        return blocks
    for block in blocks[len(blocks) - count :]:
        removal.add("heading", "dangling_heading", block.text)
    return blocks[: len(blocks) - count]


def repeats(text: str, other: str | None) -> bool:
    """True if `text` has the same words as `other`, or is contained in `other` as more than 70 % of its length."""
    if not other or not 0.6 < len(text) / len(other) < 1.7:
        return False
    one, two = words_of(text), words_of(other)
    if one == two:
        return True
    part, whole = " ".join(one), " ".join(two)
    return len(one) > 3 and part in whole and len(part) > 0.7 * len(whole)
