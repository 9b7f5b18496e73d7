"""Refuse idioms that make prose hard to read, as a part of `make check`. The rules are in plain_english.toml.

    python -m tests.style.plain_english [FOLDER|FILE ...]

prints FILE:LINE, the refused words and what to write instead, then a count by folder. Exit status 1 if it found any.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.style import prose

ROOT = Path(__file__).parents[2]
RULES_FILE = Path(__file__).with_name("plain_english.toml")
SKIPPED = ("LICENSE", "tests/golden/", "tests/style/plain_english.toml")
"""Files that hold other people's words, or the refused idioms themselves."""

_SENTENCE_START = r"(?:\A|(?<=[.?!]\s)|\n[ \t]*\n|\n[ \t]*(?:[-*#>]+|\d+\.)[ \t]|\|)\s*[*_(]*"
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|„[^“”\"]*[“”\"]|“[^”]*”|«[^»]*»|»[^«]*«|(?<!\w)'[^'\n]*'(?!\w)")


class Rule(NamedTuple):
    """An idiom that is refused."""

    pattern: re.Pattern[str]
    instead: str
    refuses: str
    accepts: str


class Finding(NamedTuple):
    """A place where a rule refuses what is written."""

    path: str
    line: int
    words: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words!r}: {self.instead}"


def load_rules() -> list[Rule]:
    """The rules in the order of the file."""
    return [_rule(**table) for table in tomllib.loads(RULES_FILE.read_text("utf-8"))["rule"]]


def _rule(*, instead: str, refuses: str, accepts: str, opens: str | None = None, contains: str | None = None) -> Rule:
    words = f"(?P<words>{(opens or contains or '').replace(' ', chr(92) + 's+')})"
    return Rule(re.compile((_SENTENCE_START if opens else r"\b") + words, re.I), instead, refuses, accepts)


def load_allowed() -> re.Pattern[str]:
    """Matches the phrases that may stand."""
    phrases = tomllib.loads(RULES_FILE.read_text("utf-8"))["allowed"]
    return re.compile("|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in phrases))


def refused(text: str, rules: Sequence[Rule], allowed: re.Pattern[str]) -> Iterator[tuple[int, str, str]]:
    """(offset, words, what to write instead) for each refused idiom in the text."""
    text = _QUOTED.sub(_blank, allowed.sub(_blank, text))
    for rule in rules:
        for match in rule.pattern.finditer(text):
            yield match.start("words"), " ".join(match["words"].split()), rule.instead


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "_", match[0])


def check(paths: Sequence[str] = ()) -> list[Finding]:
    """The refused idioms in these files and folders of the repository, by default in all."""
    rules, allowed = load_rules(), load_allowed()
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    findings = []
    for name in sorted(listed):
        path = ROOT / name
        if name.startswith(SKIPPED) or path.suffix not in prose.READERS or not path.is_file():
            continue
        for piece in prose.read(path):
            for offset, words, instead in refused(piece.text, rules, allowed):
                findings.append(Finding(name, piece.line + piece.text.count("\n", 0, offset), words, instead))
    return findings


def main() -> None:
    findings = check(sys.argv[1:])
    for finding in findings:
        print(finding)
    by_folder = Counter("/".join(Path(finding.path).parts[:2]) for finding in findings)
    for folder, count in sorted(by_folder.items()):
        print(f"{count:6} {folder}")
    print(f"{len(findings):6} in all")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
