"""newsledger extract and annotate: saved files in, one JSON object a line out. They need no ledger.

Importing the extractor or the annotators takes a second, so only the functions that run them import them.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer

from pipeline.cli.console import out, say
from pipeline.cli.options import Jobs
from pipeline.display import json_text
from pipeline.errors import NewsledgerError, PageError
from pipeline.events import ArticlePart
from pipeline.settings import load_settings
from pipeline.workers import Bounds, Lost, parallel_map, preload

if TYPE_CHECKING:
    from pipeline.annotate import Annotations
    from pipeline.extract.extraction import Extraction

MAX_PAGE_BYTES = 64_000_000
"""Largest saved page, decompressed; a larger one is reported as too_large."""


class PageLine(msgspec.Struct, frozen=True):
    """A line of `extract --from`."""

    id: str
    path: str
    url: str
    captured_at: str | None = None


class TextLine(msgspec.Struct, frozen=True):
    """A line of `annotate --from`."""

    id: str
    text: str
    language: str | None = None
    title: str | None = None
    lead: str | None = None


ListLine = TypeVar("ListLine", PageLine, TextLine)

List = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="LIST.jsonl", help="Read this list of inputs; `-` is standard input.", show_default=False
    ),
]


def extract(
    pages: Annotated[
        list[Path] | None,
        typer.Argument(help="Saved pages (.html, .html.gz), or plain texts with --text.", show_default=False),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the pages; needed for saved pages.", show_default=False)
    ] = None,
    from_list: List = None,
    text: Annotated[
        bool,
        typer.Option("--text", help="The files are plain texts from another extractor; remove boilerplate lines only."),
    ] = False,
    jobs: Jobs = None,
) -> None:
    """Extract the articles of saved pages. Prints one JSON object a line, in the order of the input.

    A line of LIST.jsonl is {"id", "path", "url", "captured_at"?}. A page without an article becomes a line with
    "error"; the exit status is then 1.

    Example: newsledger extract page.html --url https://www.tagblatt.example/a
    """
    preload(__name__, "pipeline.extract")
    if text:
        _print_all(_text_answer, [TextLine(str(path), _read_text(path)) for path in pages or [Path("-")]], jobs)
        return
    if from_list is not None:
        base = from_list.parent if str(from_list) != "-" else Path()
        lines = [msgspec.structs.replace(line, path=str(base / line.path)) for line in _read_list(from_list, PageLine)]
    elif pages:
        if url is None:
            raise typer.BadParameter("saved pages need their address: --url URL")
        lines = [PageLine(str(path), str(path), url) for path in pages]
    else:
        raise typer.BadParameter("give saved pages with --url, or --from LIST.jsonl")
    _print_all(_page_answer, lines, jobs)


def annotate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Plain texts; default: standard input.", show_default=False)
    ] = None,
    from_list: List = None,
    language: Annotated[
        str | None, typer.Option(help="Language to use if detection is not sure: de or en.", show_default=False)
    ] = None,
    annotator: Annotated[
        str, typer.Option(help="`rules`, or an installed annotator with its model: `spacy:de_core_news_sm`.")
    ] = "rules",
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Show each text with its quotations and mentions marked, and the rules that found them."
        ),
    ] = False,
    jobs: Jobs = None,
) -> None:
    """Find quotations and mentions in plain texts. Prints one JSON object a line, in the order of the input.

    A line of LIST.jsonl is {"id", "text", "language"?, "title"?, "lead"?}. A text in a language that the annotator
    cannot read becomes a line with "error"; the exit status is then 1.
    """
    if from_list is not None:
        lines = _read_list(from_list, TextLine)
    else:
        lines = [TextLine(str(path), _read_text(path), language) for path in files or [Path("-")]]
    from pipeline.annotate.annotators import load_annotator
    from pipeline.steps.annotate import ANNOTATION_TASKS, bounds_for

    load_annotator(annotator)  # an annotator that is not installed fails once, before any text is read
    if explain:
        for line in lines:
            _explain(line, annotator)
        return
    preload(__name__, *ANNOTATION_TASKS)
    _print_all(partial(_annotations_answer, annotator), lines, jobs, bounds_for(annotator), nothing="no annotations")


def _page_answer(line: PageLine) -> tuple[bytes, str | None]:
    """The JSON line, and an error message for standard error or None."""
    from pipeline.extract.article import extract_page

    try:
        captured_at = datetime.fromisoformat(line.captured_at) if line.captured_at else datetime.now(UTC)
        extraction = extract_page(
            _read_page(Path(line.path)),
            url=line.url,
            captured_at=captured_at if captured_at.tzinfo else captured_at.replace(tzinfo=UTC),
        )
    except (PageError, OSError, EOFError, zlib.error, ValueError) as exc:
        reason, detail = (exc.reason, exc.detail) if isinstance(exc, PageError) else ("unreadable", str(exc))
        return _json(
            {"id": line.id, "url": line.url, "error": {"reason": reason, "detail": detail}}
        ), f"{line.path}: {reason}: {detail}"
    return _json(_article(line.id, extraction)), None


def _text_answer(line: TextLine) -> tuple[bytes, str | None]:
    from pipeline.extract.repair import repair_text

    return _json(_article(line.id, repair_text(line.text))), None


def _annotations_answer(annotator: str, line: TextLine) -> tuple[bytes, str | None]:
    found = _annotations(line, annotator)
    if found is None:
        error = {"reason": "language", "detail": f"{annotator} does not read it"}
        return _json({"id": line.id, "error": error}), f"{line.id}: language: {error['detail']}"
    return _json({"id": line.id, **msgspec.to_builtins(found)}), None


def _annotations(line: TextLine, annotator: str) -> Annotations | None:
    from pipeline.annotate.annotators import load_annotator

    return load_annotator(annotator).annotate(
        line.text, language=line.language, title=line.title, lead=line.lead, blocks=()
    )


def _explain(line: TextLine, annotator: str) -> None:
    from pipeline.cli.explain import print_explanation

    found = _annotations(line, annotator)
    if found is None:
        raise NewsledgerError(f"{line.id}: {annotator} does not read its language")
    parts = {ArticlePart.HEADLINE: line.title, ArticlePart.LEAD: line.lead, None: line.text}
    print_explanation(out, line.id, {part: words for part, words in parts.items() if words}, found)


def _article(line_id: str, extraction: Extraction) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(extraction)
    return {"id": line_id, **fields}


def _json(value: dict[str, Any]) -> bytes:
    return f"{json_text(value)}\n".encode()


def _print_all(
    answer: Callable[[ListLine], tuple[bytes, str | None]],
    lines: Sequence[ListLine],
    jobs: int | None,
    bounds: Bounds = Bounds(),  # noqa: B008  # it is frozen
    nothing: str = "no article",
) -> None:
    complaints = 0
    outcomes = parallel_map(answer, lines, jobs or load_settings().jobs, bounds)
    for line, outcome in zip(lines, outcomes, strict=True):
        output, complaint = _lost_answer(line, outcome) if isinstance(outcome, Lost) else outcome
        sys.stdout.buffer.write(output)
        if complaint:
            say(complaint)
            complaints += 1
    sys.stdout.buffer.flush()
    if complaints:
        raise NewsledgerError(f"{complaints} of {len(lines)} gave {nothing}")


def _lost_answer(line: ListLine, lost: Lost) -> tuple[bytes, str]:
    error = {"reason": lost.reason, "detail": lost.detail}
    return _json({"id": line.id, "error": error}), f"{line.id}: {lost.reason}: {lost.detail}"


def _read_list(path: Path, line_type: type[ListLine]) -> list[ListLine]:
    lines = []
    for number, text in enumerate(_lines(path), start=1):
        if text.strip():
            try:
                lines.append(msgspec.json.decode(text, type=line_type))
            except msgspec.DecodeError as exc:
                raise NewsledgerError(f"{path}, line {number}: {exc}") from exc
    return lines


def _lines(path: Path) -> Iterable[bytes]:
    try:
        return (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).splitlines()
    except OSError as exc:
        raise NewsledgerError(f"{path}: cannot be read: {exc.strerror}") from exc


def _read_text(path: Path) -> str:
    try:
        return (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).decode("utf-8")
    except OSError as exc:
        raise NewsledgerError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise NewsledgerError(f"{path}: is not UTF-8 text") from exc


def _read_page(path: Path) -> bytes:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        body = file.read(MAX_PAGE_BYTES + 1)
    if len(body) > MAX_PAGE_BYTES:
        raise PageError("too_large", f"more than {MAX_PAGE_BYTES} bytes")
    return body
