"""Repair text that another extractor produced. Only its lines are known, so only the line rules apply.

Typical faults: the time line of a video caption is glued to the next sentence, the teaser of the video precedes it like
a paragraph, and kicker and headline are one line with a colon and no space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.errors import PageError
from pipeline.events import Block, BlockKind
from pipeline.extract.article import with_text
from pipeline.extract.boilerplate.lines import clean_lines
from pipeline.extract.extraction import Extraction
from pipeline.extract.page.quotations import NAME
from pipeline.extract.page.removal import VIDEO_TIME, Removal, video_of
from pipeline.extract.page.text import tidy

MAX_HEADLINE_CHARS = 220
MAX_SUBHEADING_CHARS = 110

_GLUED_KICKER = re.compile(r"^(?P<kicker>[^:]{3,90}):(?=[^\s/\d])(?P<headline>.{8,})$")
_SENTENCE_END = re.compile(r"[.!?…:;,]['\"“”«»’)\]]*$")


def repair_text(text: str) -> Extraction:
    """The article in the text. Raises PageError `no_text` if nothing is left."""
    lines = [line for line in (tidy(raw) for raw in text.split("\n")) if line]
    removal = Removal(stripped=[], videos=[])
    kicker, headline, lines = _part_headline(lines)
    blocks = clean_lines(_blocks(_without_videos(lines, removal)), removal)
    if not blocks:
        raise PageError("no_text", "the text has no line that is an article's")
    return with_text(Extraction(url="", headline=headline, kicker=kicker), blocks, removal)


def _part_headline(lines: list[str]) -> tuple[str | None, str | None, list[str]]:
    """Kicker, headline and the other lines. A first line that is a sentence is not a headline."""
    if len(lines) < 2 or len(lines[0]) > MAX_HEADLINE_CHARS or lines[0].endswith(".") or VIDEO_TIME.match(lines[0]):
        return None, None, lines
    parts = _GLUED_KICKER.match(lines[0])
    if parts:
        return parts["kicker"].strip(), parts["headline"].strip(), lines[1:]
    return None, lines[0], lines[1:]


def _without_videos(lines: Sequence[str], removal: Removal) -> list[str]:
    """Remove video captions: the line before `07.01.2026 | 2:30 min` is the teaser, the rest of the line is text."""
    kept: list[str] = []
    for line in lines:
        time = VIDEO_TIME.match(line)
        if time is None:
            kept.append(line)
            continue
        teaser = kept.pop() if kept else ""
        removal.videos.append(video_of(teaser, time))
        removal.add("video_caption", "teaser_and_time", f"{teaser} {time[0]}".strip())
        rest = line[time.end() :].strip()
        if rest:
            kept.append(rest)
    return kept


def _blocks(lines: Sequence[str]) -> list[Block]:
    return [Block(kind=_kind(lines, number), text=line) for number, line in enumerate(lines)]


def _kind(lines: Sequence[str], number: int) -> BlockKind:
    """A short line without a full stop is a heading, unless it is a name or the line before announces it."""
    line = lines[number]
    if number == len(lines) - 1 or len(line) > MAX_SUBHEADING_CHARS or _SENTENCE_END.search(line) or NAME.match(line):
        return BlockKind.PARAGRAPH
    is_announced = number > 0 and lines[number - 1].endswith(":") and NAME.match(lines[number + 1])
    return BlockKind.PARAGRAPH if is_announced else BlockKind.SUBHEADING
