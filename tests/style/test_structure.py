"""Modules are short, and names of modules and classes have one meaning in the whole project."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pipeline"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
MAX_LINES = 350
LONGER = {"pipeline/events.py"}
"""All event types are declared in one place."""


def test_modules_have_at_most_350_lines() -> None:
    lengths = {str(path.relative_to(PACKAGE.parent)): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES and name not in LONGER} == {}


def test_names_of_modules_occur_once() -> None:
    """A command may have the name of the step or package that it runs."""
    names = Counter(path.stem for path in MODULES if path.parent.name != "cli")
    assert {name for name, count in names.items() if count > 1} == set()


def test_names_of_classes_occur_once() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    public = [
        node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    ]
    assert {name for name, count in Counter(public).items() if count > 1} == set()
