"""The table of tamperings in docs/reliability.md, for the tests that tamper."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipeline.settings import PROJECT_ROOT

_ROW = re.compile(r"^\| (?P<tampering>[^|`]+) \| `(?P<message>[^`]+)` \|$", re.MULTILINE)


@cache
def _messages() -> dict[str, str]:
    text = (PROJECT_ROOT / "docs" / "reliability.md").read_text("utf-8")
    _, _, section = text.partition("\n## Tampering")
    return dict(_ROW.findall(section.partition("\n## ")[0]))


def is_documented(tampering: str, findings: Iterable[str]) -> bool:
    """True if one of the findings is the message that the page has for this tampering, where … stands for anything."""
    pattern = ".*".join(map(re.escape, _messages()[tampering].split("…")))
    return any(re.search(pattern, finding) for finding in findings)
