"""The prose of the repository: everything that a person reads, with the file and line where each piece begins."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

MESSAGE_CALLS = re.compile(r"(^|_)(say|echo|warning|error|fail|skip)$|Error$|Parameter$|Exception$|Failed$")
"""Names of the functions and classes whose string arguments are shown to a person."""
MESSAGE_KEYWORDS = frozenset({"help", "epilog", "description", "doc_md", "title", "reason", "detail", "match"})
"""Keyword arguments whose strings are shown to a person."""


class Prose(NamedTuple):
    """A piece of text that a person reads."""

    line: int
    text: str


def in_python(source: str) -> Iterator[Prose]:
    """Comments, docstrings (of constants too), messages, help texts, and the names of tests."""
    yield from _python_comments(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Prose(node.lineno, node.value.value)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield Prose(node.lineno, node.name.removeprefix("test_").replace("_", " "))
        elif isinstance(node, ast.Call):
            yield from _messages(node)


def _python_comments(source: str) -> Iterator[Prose]:
    comments = [
        (token.start[0], token.string.lstrip("#:! "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    return _joined(comments)


def _messages(call: ast.Call) -> Iterator[Prose]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    shown = [each.value for each in call.keywords if each.arg in MESSAGE_KEYWORDS]
    if MESSAGE_CALLS.search(name):
        shown += call.args
    for value in shown:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield Prose(value.lineno, value.value)
        elif isinstance(value, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in value.values)
            yield Prose(value.lineno, "".join(map(str, parts)))


def _joined(comments: list[tuple[int, str]]) -> Iterator[Prose]:
    """Comments on consecutive lines are one text."""
    start, lines = 0, list[str]()
    for line, text in comments:
        if lines and line != start + len(lines):
            yield Prose(start, "\n".join(lines))
            lines = []
        if not lines:
            start = line
        lines.append(text)
    if lines:
        yield Prose(start, "\n".join(lines))


def in_comments(mark: str) -> Callable[[str], Iterator[Prose]]:
    """A reader of the comments that run from the mark to the end of the line."""
    comment = re.compile(rf"(?:^|\s){re.escape(mark)}+!?(?:\s|$)(.*)")

    def read(source: str) -> Iterator[Prose]:
        found = ((no, comment.search(line)) for no, line in enumerate(source.splitlines(), 1))
        return _joined([(no, match[1]) for no, match in found if match])

    return read


def in_yaml(source: str) -> Iterator[Prose]:
    """Comments and descriptions."""
    yield from in_comments("#")(source)
    for node in _mappings(yaml.compose(source)):
        for key, value in node.value:
            if key.value == "description" and isinstance(value, yaml.ScalarNode):
                yield Prose(value.start_mark.line + 1 + (value.style in (">", "|")), value.value)


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def in_markdown(source: str) -> Iterator[Prose]:
    """Everything outside code blocks."""
    blank = re.sub(r"^(```|~~~).*?^\1", lambda match: "\n" * match[0].count("\n"), source, flags=re.M | re.S)
    yield Prose(1, blank)


READERS: dict[str, Callable[[str], Iterator[Prose]]] = {
    ".py": in_python,
    ".md": in_markdown,
    ".sql": in_comments("--"),
    ".yml": in_yaml,
    ".yaml": in_yaml,
    ".toml": in_comments("#"),
    ".cfg": in_comments("#"),
    ".example": in_comments("#"),
    "": in_comments("#"),
}
"""The reader for each file ending; the empty one is for Makefile, Dockerfile and .ci/run."""


def read(path: Path) -> list[Prose]:
    """The prose of a file. Raises KeyError for an ending that is not in READERS."""
    return list(READERS[path.suffix](path.read_text("utf-8")))
