"""Modules are short, and names of modules and classes have one meaning in the whole project."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pipeline"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
CAPITALISED = re.compile("_?[A-Z][A-Za-z]*[a-z]")
MAX_LINES = 350
LONGER = {"pipeline/events.py"}
"""All event types are declared in one place."""


def test_modules_have_at_most_350_lines() -> None:
    modules = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES and name not in LONGER} == {}


def test_names_of_modules_occur_once() -> None:
    """A command may have the name of the step or package that it runs."""
    names = Counter(path.stem for path in MODULES if path.parent.name != "cli")
    assert {name for name, count in names.items() if count > 1} == set()


def test_names_of_classes_and_types_occur_once() -> None:
    """Classes, aliases of types and type variables; two that are defined by the same words mean the same."""
    definitions: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            match node:
                case ast.ClassDef(name=name):
                    definitions[name].add(str(path))
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if CAPITALISED.match(name):
                    definitions[name].add(ast.unparse(value))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if CAPITALISED.match(name):
                    definitions[name].add(ast.unparse(value))
    assert "Event" in definitions and "SourcesPath" in definitions
    assert {name: meanings for name, meanings in definitions.items() if len(meanings) > 1} == {}


def test_dag_files_load_no_database_when_they_are_parsed() -> None:
    """Airflow parses them every few seconds, and in each task. So they import the rest of newsledger in their tasks."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "dags").glob("*.py"))]
    imported = {node.module for tree in trees for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
    ours = sorted(name for name in imported if name.startswith("pipeline."))
    assert ours
    code = f"import sys, {', '.join(ours)}; print(sorted({{'duckdb', 'pyarrow', 'aiohttp'}} & {{*sys.modules}}))"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "[]\n"
