"""Quotations that are blocks of their own, and who says them.

    form                                                        the speaker
    <blockquote>, a pull quote in a figure                      the line after it, in <cite>, <footer> or <figcaption>
    "Nach dem Treffen sagte sie:" / the words / "Anke Tamsen"   the line with only the name

The speaker's line stays a block: it is on the page, and offsets into the text count it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.events import Block, BlockKind, BlockSpeaker
from pipeline.extract.page.text import CAPITALS

_NAME_PART = rf"(?:[{CAPITALS}][\w.'’-]+|von|van|de|der|zu|al|bin)"
NAME = re.compile(rf"^[–—-]?\s*(?P<name>{_NAME_PART}(?:\s+{_NAME_PART}){{1,4}})(?:, (?P<role>.{{3,80}}))?$")
"""A line with only a name, or a name and what its bearer is: `Anke Tamsen, Bürgermeisterin`."""
_POST = re.compile(r"^[–—]\s*(?P<name>\w.{1,60}?)\s+\((?P<role>@\w{1,30})\)(?:\s.{3,40})?$")
"""Who posted what is embedded, and when: `— Harbour Post (@harbourpost) March 2, 2026`."""


def mark_quotations(blocks: Sequence[Block]) -> tuple[list[Block], tuple[BlockSpeaker, ...]]:
    """The blocks, with unmarked quotations between "sagte er:" and a name told as such, and their speakers."""
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
    """`name` and `role` in a line that says who speaks in the block before it; an account is the role of who posts."""
    if block.kind is not BlockKind.PARAGRAPH:
        return None
    return NAME.match(block.text) or _POST.match(block.text)
