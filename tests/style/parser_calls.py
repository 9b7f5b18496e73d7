"""The calls of parsers and decoders in the package, found in its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pipeline.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "pipeline"
PARSERS = (
    "lxml.",
    "xml.",
    "html.parser.",
    "feedparser.",
    "trafilatura.",
    "json.load",
    "msgspec.json.decode",
    "msgspec.toml.decode",
    "msgspec.yaml.decode",
    "msgspec.msgpack.decode",
    "tomllib.",
    "tomlkit.parse",
    "tomlkit.load",
    "yaml.",
    "csv.",
    "pickle.load",
    "zlib.decompress",
    "gzip.open",
    "gzip.decompress",
    "gzip.GzipFile",
    "bz2.",
    "lzma.",
    "zipfile.",
    "tarfile.",
    "brotli.",
    "zstandard.ZstdDecompressor",
    "fastwarc.warc.ArchiveIterator",
    "protego.Protego.",
    "email.utils.parsedate",
    "email.message_from",
    "dateutil.",
    "dateparser.",
    "http.cookies.",
    "aiohttp.CookieJar",
    "pipeline.archive.codings.decode",
)
"""Beginnings of the full names of functions and classes that read bytes or text in some format."""
NO_PARSERS = (
    *("lxml.etree.QName", "lxml.etree.tostring", "lxml.etree.SubElement", "lxml.etree.Element", "lxml.etree.XPath"),
    *("lxml.etree.strip_", "lxml.etree.ElementDefaultClassLookup", "xml.sax.saxutils.", "csv.writer"),
    *(
        f"xml.etree.ElementTree.{name}"
        for name in ("Element", "SubElement", "indent", "register_namespace", "tostring")
    ),
)
"""Beginnings of names that look like a parser's and are not one."""
METHODS = frozenset({"decoded", "can_fetch"})
"""Methods that decode or judge what a server sent, whatever the name of their object."""


def parser_calls() -> set[tuple[str, str]]:
    """Module and full name of each call, for example ("pipeline.archive.warc", "gzip.decompress")."""
    return {
        (module, name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for module in [_module(path)]
        for name in _calls(ast.parse(path.read_text()))
        if name in METHODS or (name.startswith(PARSERS) and not name.startswith(NO_PARSERS))
    }


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts).removesuffix(".__init__")


def _calls(tree: ast.Module) -> Iterator[str]:
    names = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                yield node.func.attr
            elif name := _full_name(node.func, names):
                yield name


def _imported(tree: ast.Module) -> dict[str, str]:
    """Full names by the names that the module uses for them."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _full_name(called: ast.expr, names: dict[str, str]) -> str | None:
    parts: list[str] = []
    while isinstance(called, ast.Attribute):
        parts.append(called.attr)
        called = called.value
    if not isinstance(called, ast.Name) or called.id not in names:
        return None
    return ".".join([names[called.id], *reversed(parts)])
