"""Adding to sources.toml: new addresses for old sources, new sources at its end. Comments and layout stay."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Table

from pipeline.errors import SourcesError
from pipeline.sources.source import Source, parse_sources

_ARRAYS = ("feeds", "sitemaps")


class SourceList(msgspec.Struct, frozen=True):
    """The file as it was read."""

    content: str
    sources: tuple[Source, ...]


def read_source_list(path: Path) -> SourceList:
    """The file, or an empty list if there is no file yet. Raises SourcesError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return SourceList("", ())
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be read: {exc.strerror}") from exc
    sources = parse_sources(content, path)
    return SourceList(content.decode(), sources)


def write_source_list(path: Path, old: SourceList, sources: Sequence[Source]) -> None:
    """Make the file hold `sources`: the old ones in their order, perhaps with more addresses, then new ones.

    The new text is parsed first and must give exactly `sources`; then it replaces the file in one step. A symbolic link
    stays a link, and the file keeps its mode. Raises SourcesError and leaves the file alone if its layout does not
    allow the addition, or if it has changed since it was read.
    """
    content = _extended(path, old, sources).encode()
    try:
        is_right = parse_sources(content, path) == tuple(sources)
    except SourcesError as exc:
        raise SourcesError(f"{exc}; nothing was written") from exc
    if not is_right:
        raise SourcesError(f"{path}: its layout does not allow this addition; nothing was written")
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if read_source_list(path) != old:
            raise SourcesError(f"{path}: was changed by somebody else just now; nothing was written, try again")
        partial.replace(target)
    except OSError as exc:
        raise SourcesError(f"{path}: cannot be written: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            partial.unlink()


def format_source(source: Source) -> str:
    """The source as a block of the file, ending with a line break."""
    values = msgspec.to_builtins(source)
    block = {name: value for name, value in values.items() if value is not None and name not in _ARRAYS}
    arrays = {name: _array(values[name]) for name in _ARRAYS if values[name]}
    return tomlkit.dumps({"source": [block | arrays]})


def _array(urls: Sequence[str]) -> Array:
    """On one line for one address, with one address per line for several."""
    array = tomlkit.array()
    array.extend(urls)
    return array.multiline(len(urls) > 1)


def _extended(path: Path, old: SourceList, sources: Sequence[Source]) -> str:
    """The old content with the additions."""
    newline = "\r\n" if "\r\n" in old.content else "\n"
    content = old.content
    if tuple(sources[: len(old.sources)]) != old.sources:
        document = tomlkit.parse(old.content)
        try:
            for table, before, after in zip(document.get("source", ()), old.sources, sources, strict=False):
                for name in _ARRAYS:
                    _extend(table, name, getattr(before, name), getattr(after, name))
        except (TOMLKitError, AttributeError) as exc:
            raise SourcesError(f"{path}: its layout does not allow this addition; nothing was written") from exc
        content = tomlkit.dumps(document)
    blocks = list(map(format_source, sources[len(old.sources) :]))
    if content and not content.endswith("\n"):
        content += newline
    return re.sub(r"\r?\n", newline, "\n".join([content, *blocks] if content else blocks))


def _extend(table: Table, name: str, known: Sequence[str], urls: Sequence[str]) -> None:
    array = table.get(name)
    if tuple(urls) == tuple(known):
        return
    if array is None:
        others = [other for other in _ARRAYS if other in table]
        table.value._insert_after(others[0], name, _array(urls))  # append() would put it after trailing comments
    elif "\n" in array.as_string():
        for url in urls[len(known) :]:
            array.add_line(url)
    else:
        table[name] = _array(urls)
