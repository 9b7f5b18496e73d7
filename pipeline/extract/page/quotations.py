"""Find quotations that are blocks of their own, and their speakers.

    form                                                        the speaker
    <blockquote>, a pull quote in a figure                      the line after it, from <cite>, <footer> or <figcaption>
    "Nach dem Treffen sagte sie:" / the words / "Anke Tamsen"   the line that is only a name

The speaker's line stays a block, because it is part of the article's text and offsets count it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.events import Block, BlockKind, BlockSpeaker
from pipeline.extract.page.text import CAPITALS

_NAME_PART = rf"(?:[{CAPITALS}][\w.'’-]+|von|van|de|der|zu|al|bin)"
NAME = re.compile(rf"^[–—-]?\s*(?P<name>{_NAME_PART}(?:\s+{_NAME_PART}){{1,4}})(?:, (?P<role>.{{3,80}}))?$")
"""A line with only a name, or a name and a role: `Anke Tamsen, Bürgermeisterin`."""
_POST = re.compile(r"^[–—]\s*(?P<name>\w.{1,60}?)\s+\((?P<role>@\w{1,30})\)(?:\s.{3,40})?$")
"""The last line of an embedded post: `— Harbour Post (@harbourpost) March 2, 2026`."""


def mark_quotations(blocks: Sequence[Block]) -> tuple[list[Block], tuple[BlockSpeaker, ...]]:
    """Return the blocks and the quotations' speakers.

    A paragraph between a line that ends in a colon ("sagte er:") and a line with a name becomes a quotation.
    """
    marked: list[Block] = []
    attributions: list[BlockSpeaker] = []
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        name = speaker_in(following) if following else None
        if name and number and block.kind is BlockKind.PARAGRAPH and blocks[number - 1].text.endswith(":"):
            block = Block(kind=BlockKind.QUOTATION, text=block.text)
        if name and block.kind is BlockKind.QUOTATION:
            attributions.append(BlockSpeaker(number + 1, name["name"], name["role"]))
        marked.append(block)
    return marked, tuple(attributions)


def speaker_in(block: Block) -> re.Match[str] | None:
    """Match a line that names the speaker of the block before it: groups `name` and `role` (a post's account)."""
    if block.kind is not BlockKind.PARAGRAPH:
        return None
    return NAME.match(block.text) or _POST.match(block.text)
