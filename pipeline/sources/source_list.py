"""sources.toml, added to: new sources at its end, new addresses in the arrays of old ones; all else stays as it is."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from pipeline.errors import SourcesError
from pipeline.sources.source import Source, load_sources, parse_sources

_OPAQUE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|#[^\r\n]*", re.DOTALL
)
"""Strings and comments (TOML 1.0): what is in them is no structure."""
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*source[ \t]*\]\]", re.MULTILINE)

_STRINGS = ("id", "name", "language", "country", "homepage")


class SourceList(msgspec.Struct, frozen=True):
    """The file as it was read."""

    content: str
    sources: tuple[Source, ...]


class _Edit(msgspec.Struct, frozen=True):
    """Characters [start, end) give way to `text`."""

    start: int
    end: int
    text: str


def read_source_list(path: Path) -> SourceList:
    """The file; nothing where there is none yet. Raises SourcesError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return SourceList("", ())
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be read: {exc.strerror}") from exc
    sources = parse_sources(content, path)
    return SourceList(content.decode(), sources)


def write_source_list(path: Path, old: SourceList, sources: Sequence[Source]) -> None:
    """Make the file hold `sources`: the old ones in their order, which may have got more addresses, then new ones.

    It is replaced in one step, after what was written has been read again and found to say just that; a symbolic
    link stays one, and the file keeps its mode. Raises SourcesError and leaves the file alone if it cannot be
    edited so, or is no longer as it was read.
    """
    newline = "\r\n" if "\r\n" in old.content else "\n"
    extended = _extended(path, old, sources[: len(old.sources)], newline)
    blocks = [format_source(source).replace("\n", newline) for source in sources[len(old.sources) :]]
    start = extended if not extended or extended.endswith("\n") else extended + newline
    content = newline.join([start, *blocks] if start else blocks)
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        _require(path, partial, sources)
        if read_source_list(path) != old:
            raise SourcesError(f"{path}: was changed by somebody else just now; nothing was written, try again")
        partial.replace(target)
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be written: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            partial.unlink()


def _require(path: Path, partial: Path, sources: Sequence[Source]) -> None:
    """That the file says what it was written for, whatever its layout was."""
    problem = ""
    try:
        if load_sources(partial) == tuple(sources):
            return
    except SourcesError as exc:
        problem = str(exc).removeprefix(str(partial))
    raise SourcesError(f"{path}: is laid out in a way that cannot be added to; nothing was written{problem}")


def format_source(source: Source) -> str:
    """The source as a block of the file, ending with a line break."""
    lines = ["[[source]]"]
    lines += [f"{name} = {_string(getattr(source, name))}" for name in _STRINGS]
    lines += [f"{name} = {_array(urls)}" for name, urls in _arrays(source) if urls]
    if source.requests_per_second is not None:
        lines.append(f"requests_per_second = {source.requests_per_second!r}")
    if source.timezone is not None:
        lines.append(f"timezone = {_string(source.timezone)}")
    return "\n".join(lines) + "\n"


def _arrays(source: Source) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("feeds", source.feeds), ("sitemaps", source.sitemaps)


def _string(text: str) -> str:
    """A basic string (TOML 1.0), which escapes all that JSON does, and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _array(urls: Sequence[str]) -> str:
    """On one line for one address, with an address a line for several."""
    if len(urls) == 1:
        return f"[{_string(urls[0])}]"
    return "".join(["[\n", *(f"    {_string(url)},\n" for url in urls), "]"])


def _extended(path: Path, old: SourceList, sources: Sequence[Source], newline: str) -> str:
    """The old content with the addresses that its sources have got."""
    structure = _OPAQUE.sub(lambda match: ("#" if match[0][0] == "#" else '"') * len(match[0]), old.content)
    starts = [match.end() for match in _HEADER.finditer(structure)]
    if len(starts) != len(old.sources):
        raise SourcesError(f"{path}: not every source has a [[source]] line of its own; nothing was written")
    edits: list[_Edit] = []
    ends = [*starts, len(structure)][1:]
    for before, after, start, end in zip(old.sources, sources, starts, ends, strict=True):
        for (name, urls), (_, known) in zip(_arrays(after), _arrays(before), strict=True):
            if urls != known:
                edits += _edits(old.content, structure, start, end, name, known, urls[len(known) :])
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [old.content[at : edit.start], re.sub(r"\r?\n", newline, edit.text)]
        at = edit.end
    return "".join([*pieces, old.content[at:]])


def _edits(
    content: str, structure: str, start: int, end: int, name: str, known: Sequence[str], new: Sequence[str]
) -> list[_Edit]:
    """Add to the array in the block [start, end); after the other array if the block lacks it.

    Nothing where neither is found, which the reading after the writing notices.
    """
    array = re.compile(rf"^[ \t]*{name}[ \t]*=[ \t]*(\[([^\]]*)\])", re.MULTILINE).search(structure, start, end)
    if array is None:
        other = re.compile(r"^[ \t]*(?:feeds|sitemaps)[ \t]*=[ \t]*\[[^\]]*\][^\r\n]*", re.MULTILINE)
        lines = list(other.finditer(structure, start, end))
        return [_Edit(line.end(), line.end(), f"\n{name} = {_array(new)}") for line in lines[:1]]
    within = array[2]
    if "\n" not in within:
        return [_Edit(array.start(1), array.end(1), _array([*known, *new]))]
    code = within.replace("#", " ").rstrip()
    last, after = array.start(2) + len(code), array.start(2) + len(within.rstrip())
    comma = "," if code.endswith('"') else ""
    return [_Edit(last, after, comma + content[last:after] + "".join(f"\n    {_string(url)}," for url in new))]
