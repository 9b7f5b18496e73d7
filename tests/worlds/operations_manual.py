"""The examples of code in docs/operations.md, for tests that run them."""

from __future__ import annotations

import re
from textwrap import dedent

from pipeline.settings import PROJECT_ROOT

_INDENTED = re.compile(r"(?:^    .*\n|^\n)+", re.MULTILINE)


def example_of(word: str) -> str:
    """The only example with this word."""
    text = (PROJECT_ROOT / "docs" / "operations.md").read_text("utf-8")
    (found,) = (block for block in _INDENTED.findall(text) if word in block)
    return dedent(found).strip() + "\n"
