"""The pages as files in a folder, which can be sent to somebody: no server, no request to anywhere."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import storage_errors
from pipeline.pages.change_feed import change_feed
from pipeline.pages.page_kinds import FIRST_PAGE, KINDS, PageKind, PageLimits, PageMissing
from pipeline.pages.rendering import Reader, render, render_notice

LIMITS = PageLimits(rows=100_000, hits=2_000, events=100)
FEED = "changes.atom"
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,80}")

Target = tuple[str, ...]
"""A page: its kind's name, then its keys."""


def write_report(reader: Reader, folder: Path, on_page: Callable[[int, int], None]) -> int:
    """Write every page that can be reached from the first one, and return their number.

    `on_page` is called with the number of pages that are written and of those known so far. Raises StorageError.
    """
    waiting: deque[Target] = deque([(FIRST_PAGE,)])
    known = set(waiting)

    def found(target: Target) -> None:
        if target not in known:
            known.add(target)
            waiting.append(target)

    written = 0
    while waiting:
        name, *keys = target = waiting.popleft()
        path = folder / file_of(target)
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_page(KINDS[name], keys, reader, ReportLinks(target, found)), "utf-8")
        written += 1
        on_page(written, len(known))
    with storage_errors(folder / FEED):
        (folder / FEED).write_bytes(change_feed(reader.file, reader.period, ReportLinks((FIRST_PAGE,), found)))
    return written


def _page(kind: PageKind, keys: Sequence[str], reader: Reader, links: ReportLinks) -> str:
    """The page; one that says so if what another page links to is not in the file."""
    try:
        return render(kind, keys, reader, links)
    except PageMissing:
        return render_notice("missing", reader.language, links)


class ReportLinks:
    """Addresses relative to one of the files. Pages that are linked to will be written."""

    is_live = False

    def __init__(self, page: Target, found: Callable[[Target], None]) -> None:
        self._up = "../" * file_of(page).count("/")
        self._found = found

    def to(self, kind: str, *keys: object) -> str:
        target = (kind, *map(str, keys))
        self._found(target)
        return self._up + file_of(target)

    def feed(self) -> str:
        return f"{self._up}{FEED}"

    def search(self, **chosen: str | date | None) -> str:
        """The browser searches the list of the report's articles for what stands after `#`."""
        sought = " ".join(str(value) for value in chosen.values() if value is not None)
        return f"{self.to('search')}#{quote(sought)}"


def file_of(target: Target) -> str:
    """The file's name. Keys that no file system is sure to take are replaced by a digest."""
    name, *keys = target
    if name == FIRST_PAGE:
        return "index.html"
    return "/".join([name, *map(_safe, keys)]) + ".html"


def _safe(key: str) -> str:
    return key if _SAFE.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:24]
