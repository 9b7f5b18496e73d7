"""Copy archive, Parquet files and anchors between a data directory, a backup and a store, only what is new."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import IO, BinaryIO, Protocol

from pipeline.errors import StorageError
from pipeline.events import ErasedRecord
from pipeline.ledger import Ledger
from pipeline.ledger.disk import copy_file, fsync
from pipeline.regular_files import open_regular
from pipeline.settings import Settings
from pipeline.steps.run.progress import OnProgress, Progress

_PIECE_BYTES = 1 << 20
ARCHIVE, EVENTS = "archive/", "ledger/"
"""Where these files are, in each tree."""
_LASTING = (".gz", ".parquet")


FileState = tuple[int, int]
"""Size in bytes, and time of modification in nanoseconds."""


class FileTree(Protocol):
    """Files, named by their paths below the root. Everything raises StorageError or OSError if the place fails."""

    def names(self, folder: str) -> Iterator[str]:
        """The lasting files whose name begins with this folder."""

    def state(self, name: str) -> FileState | None:
        """None if the file does not exist."""

    def is_copied(self, name: str, source: FileState) -> bool:
        """True if the file is a copy of one that has this state now."""

    def open(self, name: str) -> BinaryIO: ...

    def write(self, name: str, source: BinaryIO, state: FileState) -> None:
        """Make the file a copy of what `source` contains, completely or not at all."""

    def address(self, name: str) -> str:
        """The file's name in messages."""


class LocalTree:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, folder: str) -> Iterator[str]:
        for path in (self._root / folder).rglob("*"):
            if path.suffix in _LASTING:
                yield path.relative_to(self._root).as_posix()

    def state(self, name: str) -> FileState | None:
        try:
            found = (self._root / name).stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns

    def is_copied(self, name: str, source: FileState) -> bool:
        return self.state(name) == source

    def open(self, name: str) -> BinaryIO:
        return open_regular(self._root / name)

    def write(self, name: str, source: BinaryIO, state: FileState) -> None:
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = target.with_name(f"{target.name}.copying")
        try:
            if isinstance(source, BufferedReader):  # a file in another folder
                copy_file(Path(source.name), copy)
            else:
                with copy.open("wb") as file:
                    shutil.copyfileobj(source, file, _PIECE_BYTES)
        except OSError as exc:  # the error may name no file, or the one that is read
            raise OSError(exc.errno, exc.strerror, str(target)) from exc
        _, modified_at_ns = state  # as it was before: it may be written meanwhile
        os.utime(copy, ns=(modified_at_ns, modified_at_ns))
        fsync(copy)
        copy.replace(target)

    def address(self, name: str) -> str:
        return str(self._root / name)


def installed_files(settings: Settings) -> FileTree:
    """Archive and Parquet files of the installation, and its anchors unless NEWSLEDGER_ANCHORS puts them elsewhere."""
    if settings.s3 is None:
        return LocalTree(settings.data)
    from pipeline.stored_tree import StoredTree  # what it imports is installed for a cluster only

    return StoredTree(settings.s3)


def anchors_tree(settings: Settings) -> FileTree:
    return installed_files(settings) if settings.anchors is None else LocalTree(settings.anchors.parent)


def erased_places(ledger: Ledger) -> Mapping[str, Sequence[tuple[int, int]]]:
    """The first byte and the end of each erased record, in order, by the name of the archive's file."""
    places = defaultdict[str, list[tuple[int, int]]](list)
    for each in ledger.select(ErasedRecord, "erased_records"):
        places[f"{ARCHIVE}{each.warc_file}"].append((each.warc_offset, each.warc_offset + each.warc_length))
    return places


class Copying:
    """Copies files that the target does not have yet, and counts.

    A file of events never changes, and one of the archive only grows, except where a record was erased. So one that
    differs in another way from the copy that the target has is damaged, and does not replace it.
    """

    def __init__(
        self,
        source: FileTree,
        target: FileTree,
        on_progress: OnProgress,
        erased: Mapping[str, Sequence[tuple[int, int]]] = MappingProxyType({}),
        *,
        may_replace: bool = False,
    ) -> None:
        """`erased` is as `erased_places` gives it. With `may_replace`, what the target has is not worth keeping."""
        self._source, self._target, self._on_progress, self._erased = source, target, on_progress, erased
        self._may_replace = may_replace
        self.copied = self.copied_bytes = self.kept = 0

    def files(self, names: Iterable[str]) -> None:
        ordered = sorted(names)
        for number, name in enumerate(ordered, start=1):
            self.file(name)
            self._on_progress(Progress("copy", None, number, len(ordered)))

    def file(self, name: str) -> None:
        """One file, if it exists, unless the target has it."""
        state = self._source.state(name)
        if state is None:
            return
        if self._target.is_copied(name, state):
            self.kept += 1
            return
        if not self._may_replace and name.endswith(_LASTING) and self._target.state(name) is not None:
            self._require_continued(name)
        with self._source.open(name) as content:
            self._target.write(name, content, state)
        self.copied += 1
        self.copied_bytes += state[0]

    def _require_continued(self, name: str) -> None:
        with self._source.open(name) as now, self._target.open(name) as before:
            if not _continues(now, before, self._erased.get(name, ())):
                raise StorageError(
                    f"{self._source.address(name)}: is not what {self._target.address(name)} has of it; find out with"
                    " `newsledger verify --archive` which one is damaged, and replace it with the other"
                )


def _continues(now: IO[bytes], before: IO[bytes], erased: Sequence[tuple[int, int]]) -> bool:
    """True if the file begins with all bytes of its earlier copy, those of erased records aside."""
    size_bytes = before.seek(0, os.SEEK_END)
    before.seek(0)
    for start, end in (*erased, (size_bytes, 0)):
        while (piece := before.read(min(_PIECE_BYTES, start - before.tell()))) == now.read(len(piece)):
            if not piece:
                break
        else:
            return False
        now.seek(end)
        before.seek(end)
    return True
