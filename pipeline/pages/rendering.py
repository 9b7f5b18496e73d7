"""Pages as HTML: templates, words in the reader's language, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import urlsplit

import jinja2
import msgspec
from markupsafe import Markup
from msgspec.structs import replace

from pipeline.display import printable, quoted_controls
from pipeline.pages import marked_text
from pipeline.pages.marked_text import MarkedLine, MarkedSpan, WordEdit
from pipeline.pages.page_kinds import FIRST_PAGE, KINDS, PageKind, PageLimits
from pipeline.pages.published_file import Figure, PublishedFile
from pipeline.pages.published_state import JudgedFile, judged
from pipeline.pages.selection import Period
from pipeline.pages.wording import LANGUAGES, filters, translations

_FILES = resources.files(__package__)
_PART_OF_ADDRESS = re.compile("[^/?&]*[/?&]+|[^/?&]+")


class PageLinks(Protocol):
    """Where pages are, seen from one of them."""

    is_live: bool

    def to(self, kind: str, *keys: object) -> str:
        """The relative address of a page."""

    def rows(self, place: str, kind: str, *keys: object) -> str:
        """The address of a place on a page, which must be there even if the page cannot hold all of its rows."""

    def feed(self) -> str:
        """The relative address of the changes as a feed."""

    @property
    def translations(self) -> Mapping[str, str]:
        """The relative addresses of the same page in other languages, by their codes."""


class Reader(msgspec.Struct, frozen=True):
    """Who the pages are for: what is open, and how it is to be shown."""

    file: PublishedFile
    period: Period
    language: str
    now: datetime
    limits: PageLimits


class PageContent(msgspec.Struct, frozen=True):
    """The words and numbers of a page, in any language."""

    figures: Mapping[str, Figure]
    judged: JudgedFile | None
    is_part: bool
    """True if the address names a place on the page, and only the rows of this place are shown."""


def content(kind: PageKind, keys: Sequence[str], reader: Reader) -> PageContent:
    """Raises PageMissing."""
    period = reader.period
    figures = kind.answers(reader.file, period, keys, reader.limits)
    is_part = period.selection.only is not None and any(figures[name] for name in kind.placed)
    if kind.placed and period.selection.only is not None and not is_part:  # the page has no such place
        whole = replace(period, selection=replace(period.selection, only=None))
        figures = kind.answers(reader.file, whole, keys, reader.limits)
    return PageContent(figures, _judged(reader) if kind.name == FIRST_PAGE else None, is_part)


def prepare(day: date) -> None:
    """Compile what all pages share and read the words for days, in all languages: half a second of CPU time for which
    the first readers would wait otherwise. `day` is any day."""
    for language in LANGUAGES:
        environment = _environment(language)
        for name in ("frame.html", "parts.html"):
            environment.get_template(name)
        environment.filters["weekday"](day)


def render(kind: PageKind, keys: Sequence[str], shown: PageContent, reader: Reader, links: PageLinks) -> str:
    """The page as HTML."""
    file = reader.file
    return (
        _environment(reader.language)
        .get_template(f"{kind.name}.html")
        .render(
            figures=shown.figures,
            keys=kind.values(keys),
            judged=shown.judged,
            is_part=shown.is_part,
            build=file.build,
            sources=file.sources,
            article_languages=file.article_languages,
            row_limit=reader.limits.rows,
            hit_limit=reader.limits.hits,
            event_limit=reader.limits.events,
            day_limit=reader.limits.days,
            period=reader.period,
            **_frame(kind.name, reader.language, links),
        )
    )


def _judged(reader: Reader) -> JudgedFile:
    """With the concerns of the chosen source, or with all."""
    chosen = reader.period.selection.source_id
    found = judged(reader.file, reader.now)
    mine = [concern for concern in found.concerns if chosen is None or concern.source_id in (None, chosen)]
    return replace(found, concerns=mine)


def render_notice(template: str, language: str, links: PageLinks, **content: object) -> str:
    """A page that says something instead of showing figures: that there is no such page, or an archived record."""
    frame = _frame(template, language, links)
    return _environment(language).get_template(f"{template}.html").render(build=None, **frame, **content)


def _frame(name: str, language: str, links: PageLinks) -> dict[str, object]:
    return {
        "links": links,
        "link": links.to,
        "navigation": [kind.name for kind in KINDS.values() if kind.in_navigation],
        "page_name": name,
        "policy": policy(name, is_live=links.is_live),
        "style": Markup(_text("style.css")),  # noqa: S704  # our own files
        "script": Markup(_script(name, is_live=links.is_live)),  # noqa: S704
        "language": language,
        "language_names": LANGUAGES,
    }


def policy(name: str, *, is_live: bool) -> str:
    """The Content-Security-Policy of a page: our style and its script, by their digests, and nothing else from
    anywhere."""
    sources = {
        "default-src": "'none'",
        "style-src": _digest(_text("style.css")),
        "script-src": _digest(_script(name, is_live=is_live)),
        "form-action": "'self'" if is_live else "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def _script(name: str, *, is_live: bool) -> str:
    """A server searches itself; in a report the browser does."""
    return _text("script.js") + (_text("report_search.js") if name == "search" and not is_live else "")


@cache
def _text(name: str) -> str:
    return _FILES.joinpath("templates", name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__ or ""),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        filters(language),
        web_address=_web_address,
        parted=_parted,
        annotated=_annotated,
        compared=_compared,
        passages=_passages,
        folded=marked_text.folded,
        inline=_inline,
        sought=marked_text.sought,
        groupby_in_order=_groupby_in_order,
        level=_level,
        read_day=date.fromisoformat,
    )
    return environment


def _shown(value: object) -> object:
    """What a template writes, by the rule of the terminal: an outlet's text cannot reorder a page."""
    if isinstance(value, Markup):
        return Markup(printable(value))  # noqa: S704  # it was markup before
    return printable(value) if isinstance(value, str) else value


def _web_address(url: str | None) -> str | None:
    """The address if a browser may open it: what a feed calls a link may be a script."""
    try:
        return quoted_controls(url) if url is not None and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


def _parted(url: str) -> list[str]:
    """The address in parts, after each of which a line may end."""
    return _PART_OF_ADDRESS.findall(url)


def _annotated(text: str, part: str, quotes: Figure, mentions: Figure) -> list[MarkedLine]:
    spans = [
        *(MarkedSpan(q.start_char, q.end_char, q.kind, str(q.quote_no)) for q in quotes.rows if q.part == part),
        *(MarkedSpan(m.start_char, m.end_char, m.kind) for m in mentions.rows if m.part == part),
    ]
    return marked_text.annotated(text, spans)


def _edits(word_diff: Iterable[Mapping[str, Any]] | None, part: str) -> list[WordEdit]:
    return [WordEdit(**change) for change in word_diff or () if change["part"] == part]


def _compared(old: str, new: str, word_diff: Iterable[Mapping[str, Any]] | None, part: str) -> marked_text.SideBySide:
    return marked_text.compared(old, new, _edits(word_diff, part))


def _passages(
    text: str, word_diff: Iterable[Mapping[str, Any]] | None, part: str
) -> Sequence[marked_text.EditInContext]:
    return list(marked_text.passages(text, (edit for edit in _edits(word_diff, part) if not edit.cosmetic)))


def _inline(new: str, word_diff: Iterable[Mapping[str, Any]] | None, part: str) -> Iterable[marked_text.Piece]:
    return marked_text.inline(new, _edits(word_diff, part))


def _groupby_in_order(rows: Iterable[Any], column: str) -> list[tuple[Any, list[Any]]]:
    """Jinja's groupby sorts; this one keeps the order of the query."""
    return [(key, list(group)) for key, group in groupby(rows, key=lambda row: getattr(row, column))]


def _level(count: int, most: int) -> int:
    """The step of the colour scale, 0 to 5."""
    return -(-5 * count // most) if most else 0
