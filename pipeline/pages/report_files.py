"""The pages as files in a folder, which can be sent to somebody: no server, no request to anywhere."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from mimetypes import MimeTypes
from pathlib import Path, PurePosixPath
from shutil import make_archive
from tempfile import TemporaryDirectory
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile

from msgspec.structs import replace

from pipeline.errors import NewsledgerError, SettingsError, storage_errors
from pipeline.pages.change_feed import change_feed
from pipeline.pages.page_kinds import FIRST_PAGE, KINDS, PageLimits, PageMissing
from pipeline.pages.rendering import Reader, content, render, render_notice
from pipeline.pages.wording import FALLBACK, LANGUAGES

LIMITS = PageLimits(rows=100_000, hits=2_000, days=100_000, events=100_000)
FEED = "changes.atom"
INDEX = "index.html"
ZIP = ".zip"
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_HEAD_BYTES = 64_000
"""Bytes at the beginning of a file in which the body of a page begins, after the style."""

Target = tuple[str, ...]
"""A page: its kind's name, then its keys."""


def write_report(
    reader: Reader, target: Path, on_page: Callable[[int, int], None], languages: Sequence[str] = ()
) -> int:
    """Write every page that can be reached from the first one, and return their number.

    With `languages`, there is a folder with all pages in each of them, and the first file leads to the one that the
    browser prefers; without, the pages are in the reader's language.
    The target is a folder, or a ZIP file with such a folder if its name ends with `.zip`; a symbolic link stays and
    leads to the report. It is made whole or not at all; an earlier report in its place is replaced, also if another
    process wrote it meanwhile. `on_page` is called with the number of pages that are written and of those known so far.
    Raises StorageError, SettingsError if the target is anything else than a report, before or after the pages are
    written, or if its name is one of another file, and NewsledgerError for a page that another one links to and that
    the file has no data for.
    """
    target = target.resolve()
    _require_place(target)
    _require_replaceable(target)
    with storage_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            new = Path(beside) / target.stem
            written = _write_pages(reader, languages, new, on_page)
            if is_packed(target):
                new = Path(make_archive(str(new), "zip", beside, target.stem))
            with _alone(target.parent):
                _require_replaceable(target)
                _replace(target, new, Path(beside) / "old")
    return written


def _replace(target: Path, new: Path, old: Path) -> None:
    """Put the new report into its place. If that is interrupted, the earlier one is put back."""
    try:
        if target.is_dir():
            target.rename(old)
        new.replace(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Reports are put into the folder one after the other. The lock is on the folder itself, so it leaves no file."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def is_packed(target: Path) -> bool:
    """True for the name of a ZIP file."""
    return target.suffix.lower() == ZIP


def _require_place(target: Path) -> None:
    if not target.is_dir() and not is_packed(target) and MimeTypes(()).guess_type(target.name)[0] is not None:
        said = "is the name of one file, but a report is a folder of pages, or a ZIP file with it"
        raise SettingsError(f"{target}: {said}; choose a name without {target.suffix}, or with {ZIP}")
    if Path.cwd().is_relative_to(target):
        raise SettingsError(f"{target}: is the folder you are in, which cannot be replaced; name one inside of it")


def _require_replaceable(target: Path) -> None:
    if target.exists() and not _is_replaceable(target):
        raise SettingsError(f"{target}: is there and is no report, or contains other files, too; choose another name")


def _is_replaceable(target: Path) -> bool:
    """True if the folder or the ZIP file is empty or contains pages of a report and nothing else."""
    if not is_packed(target):
        found = (path for path in target.rglob("*") if path.is_symlink() or not path.is_dir())
        return target.is_dir() and all(_is_page_file(path, target) for path in found)
    try:
        with ZipFile(target) as packed:
            return all(_is_packed_page(packed, name) for name in packed.namelist() if not name.endswith("/"))
    except (OSError, BadZipFile, zlib.error, RuntimeError, EOFError):  # no ZIP file, a damaged or encrypted one
        return False


def _is_page_file(path: Path, folder: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return _is_page(path.relative_to(folder).parts, file.read(_HEAD_BYTES))


def _is_packed_page(packed: ZipFile, name: str) -> bool:
    with packed.open(name) as file:
        return _is_page(PurePosixPath(name).parts[1:], file.read(_HEAD_BYTES))


def _is_page(path: Sequence[str], head: bytes) -> bool:
    """True if a report has a file with this path below its folder, and it begins as that one does."""
    if tuple(path) == (INDEX,) and b'<body data-page="languages">' in head:
        return True
    if not path:
        return False  # in a ZIP file, beside the folder
    path = path[path[0] in LANGUAGES :]
    if tuple(path) == (FEED,):
        return b"<feed" in head
    name, *keys = "/".join(path).removesuffix(".html").split("/")
    kind = KINDS.get(FIRST_PAGE if name == "index" else name)
    return (
        kind is not None
        and path[-1].endswith(".html")
        and len(keys) == len(kind.keys)
        and all(map(_SAFE.fullmatch, keys))
        and f'<body data-page="{kind.name}">'.encode() in head
    )


def _write_pages(reader: Reader, languages: Sequence[str], folder: Path, on_page: Callable[[int, int], None]) -> int:
    waiting: deque[Target] = deque([(FIRST_PAGE,)])
    known = set(waiting)

    def found(target: Target) -> None:
        if target not in known:
            known.add(target)
            waiting.append(target)

    folders = {language: folder / language for language in languages} or {reader.language: folder}
    for language, place in folders.items():
        first = ReportLinks((FIRST_PAGE,), found)
        with storage_errors(place / FEED):
            place.mkdir(parents=True)
            (place / FEED).write_bytes(change_feed(reader.file, reader.period, language, first))
    if languages:
        first = ReportLinks((FIRST_PAGE,), found, languages, f"{FALLBACK}/")
        with storage_errors(folder / INDEX):
            (folder / INDEX).write_text(render_notice("languages", FALLBACK, first), "utf-8")
    written = 0
    while waiting:
        name, *keys = target = waiting.popleft()
        try:
            shown = content(KINDS[name], keys, reader)
        except PageMissing as exc:
            raise NewsledgerError(f"{file_of(target)}: a page links to it, but nothing is known of {exc}") from exc
        for language, place in folders.items():
            path = place / file_of(target)
            links = ReportLinks(target, found, [other for other in folders if other != language])
            page = render(KINDS[name], keys, shown, replace(reader, language=language), links)
            with storage_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(page, "utf-8")
        written += 1
        on_page(written, len(known))
    return written


class ReportLinks:
    """Addresses relative to one of the files. Pages that are linked to will be written."""

    is_live = False

    def __init__(
        self, page: Target, found: Callable[[Target], None], languages: Sequence[str] = (), down: str = ""
    ) -> None:
        """`languages` are those in which there is the same page, too; `down` is the folder of the pages."""
        up = "../" * file_of(page).count("/")
        self._up = up + down
        self._found = found
        self.translations = {each: f"{up}{'' if down else '../'}{each}/{file_of(page)}" for each in languages}

    def to(self, kind: str, *keys: object) -> str:
        target = (kind, *map(str, keys))
        self._found(target)
        return self._up + file_of(target)

    def rows(self, place: str, kind: str, *keys: object) -> str:
        """A report has all rows of a page."""
        return f"{self.to(kind, *keys)}#{quote(place)}"

    def feed(self) -> str:
        return f"{self._up}{FEED}"


def file_of(target: Target) -> str:
    """The file's name. Keys that no file system is sure to take are replaced by a digest."""
    name, *keys = target
    if name == FIRST_PAGE:
        return INDEX
    return "/".join([name, *map(_safe, keys)]) + ".html"


def _safe(key: str) -> str:
    return key if _SAFE.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:24]
