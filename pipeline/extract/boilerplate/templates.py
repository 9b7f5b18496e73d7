"""Templates: paragraphs that an outlet puts into many of its articles, such as promotion in plain prose.

That a paragraph recurs is not enough: steps of recipes, refrains and legal phrases recur, too. A template also speaks
to the reader or about the outlet itself, and has no number and no quotation. The step `learn` finds such paragraphs in
the ledger and records them; `extract` removes them from the articles that it reads afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pipeline.events import Block, BlockKind
from pipeline.extract.boilerplate.line_patterns import is_speech
from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import normal

LEAST_CHARS = 25
"""A shorter paragraph may be anything."""
MOST_CHARS = 600
"""A longer paragraph is part of an article that was published several times."""
MAX_SHARE_OF_TEXT = 0.25
"""If the templates found in an article hold more than this share of its text, none is removed."""

_READER = re.compile(
    r"\b(?:Sie|Ihr(?:e[nmrs]?)?|Ihnen|[Ww]ir|[Uu]ns(?:er\w*)?|[Ee]uch|[Ee]ure?\w*|[Dd]u|[Dd]ir|[Dd]ein\w*"
    r"|[Ww]e|[Uu]s|[Oo]ur|[Yy]ours?|[Yy]ou|[Nn]ous|[Nn]otre|[Nn]os|[Vv]ous|[Vv]otre|[Vv]os|[Uu]sted(?:es)?"
    r"|[Nn]uestr[oa]s?|[Oo]nze?|[Jj]ullie|[Nn]ostr[oaie]|[Vv]oi)\b"
)
_MEDIUM = re.compile(
    r"\b(?:artikel\w*|texte?[ns]?|beitr[aä]ge?n?|nachrichten|meldungen|zeitung\w*|redaktion\w*|journalis\w*|recherchen?"
    r"|leser\w*"
    r"|hörer\w*|zuschauer\w*|e-?paper|abo(?:nn\w*|s)?|kanal|kommentare?n?|newsletter\w*|podcasts?|apps?|webs(?:ite|eite)n?"
    r"|whatsapp|telegram|instagram|facebook|youtube|articles?|story|stories|news|newsroom|reporters?|reporting|readers?"
    r"|subscri\w+|channel|comments?|newspaper|journal|rédaction|lecteurs?|abonn\w+|redacci\w+|lectores|giornal\w+|lettori)\b",
    re.IGNORECASE,
)
"""What an outlet is or offers. A step of a recipe addresses the reader, too, but is not about these."""
_ITSELF = re.compile(
    r"\b(?:diese[rmn]?|unsere?[rmn]?|this|our|cet|este) (?:artikel|texte?|beitrag|bericht|article|story"
    r"|report|artículo)\b",
    re.IGNORECASE,
)
_FACT = re.compile(r"\d")


def may_be_template(text: str) -> bool:
    """True if a paragraph that recurs in many articles of an outlet is its template."""
    is_fitting = LEAST_CHARS <= len(text) <= MOST_CHARS and not _FACT.search(text)
    speaks = _ITSELF.search(text) or (_READER.search(text) and _MEDIUM.search(text))
    return is_fitting and speaks is not None and not is_speech(text)


def without_templates(blocks: Sequence[Block], templates: Collection[str], removal: Removal) -> list[Block]:
    """The blocks without the outlet's templates, compared by their words; all of them, if too much would go."""
    known = frozenset(map(normal, templates))
    is_known = [block.kind is BlockKind.PARAGRAPH and normal(block.text) in known for block in blocks] if known else []
    found = [block for block, is_one in zip(blocks, is_known, strict=False) if is_one]
    total = sum(len(block.text) for block in blocks)
    if not found or sum(len(block.text) for block in found) > MAX_SHARE_OF_TEXT * total:
        return list(blocks)
    for block in found:
        removal.add("template", "template", block.text)
    return [block for block, is_one in zip(blocks, is_known, strict=True) if not is_one]
