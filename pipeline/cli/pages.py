"""newsledger report and serve: the published models as pages to look at."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from pipeline.cli import console
from pipeline.cli.interruption import interruption
from pipeline.cli.options import Data
from pipeline.errors import SettingsError
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.shared_files import published_file

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Words(StrEnum):
    """The languages that pages are written in."""

    EN = "en"
    DE = "de"


def report(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR|FILE.zip", help="Where to write to.")],
    from_on: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], metavar="DAY", help="First day (default: two weeks).", show_default=False
        ),
    ] = None,
    to_on: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], metavar="DAY", help="Last day (default: the newest).", show_default=False
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Only this source.", show_default=False)] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only articles in this language.", show_default=False)
    ] = None,
    words: Annotated[
        Words | None,
        typer.Option(help="The language of the pages themselves (default: both).", show_default=False),
    ] = None,
    data: Data = None,
) -> None:
    """Write coverage, changes, voices and articles of some days as HTML pages: a folder, or a ZIP file to send.

    Open index.html in a browser: the pages need no server and request nothing from anywhere. They are in English and
    in German, and the browser's language decides which ones open; --words writes one language only, in half the space.
    An earlier report of the same name is replaced; a folder with other files is refused.

    Example: newsledger report --from 2026-03-02 --to 2026-03-05 -o week
    """
    from pipeline.pages.published_file import PublishedFile
    from pipeline.pages.rendering import Reader
    from pipeline.pages.report_files import LIMITS, is_packed, write_report
    from pipeline.pages.selection import YEARS, Selection, period_of
    from pipeline.pages.wording import FALLBACK, LANGUAGES

    language = language and language.lower()
    selection = Selection(from_on and from_on.date(), to_on and to_on.date(), source, language)
    for name, day in (("--from", selection.from_on), ("--to", selection.to_on)):
        if day is not None and day.year not in YEARS:
            raise SettingsError(f"{name} {day}: is not in the years from {YEARS[0]} to {YEARS[-1]}")
    if from_on and to_on and from_on > to_on:
        raise SettingsError(f"--from {from_on:%Y-%m-%d}: is after --to {to_on:%Y-%m-%d}")
    now = utc_now()
    opened = output if is_packed(output) else output / "index.html"
    earlier = _file_id(opened)
    with (
        interruption(lambda: _left_at(opened, earlier)),
        PublishedFile(published_file(load_settings(data=data))) as file,
        console.err.status("writing pages") as shown,
    ):
        known = [row.source_id for row in file.sources.rows]
        if source is not None and source not in known:
            raise SettingsError(f"--source {source}: is not in the published file; known: {', '.join(known)}")
        spoken = [row.language for row in file.article_languages.rows]
        if language is not None and language not in spoken:
            raise SettingsError(f"--language {language}: no article is in it; known: {', '.join(spoken)}")
        period = period_of(selection, file, now.date())
        if period.is_outside:
            known_days = f"the published file has data from {period.first_on} to {period.last_on}"
            raise SettingsError(f"--from {period.from_on} --to {period.to_on}: {known_days}")
        chosen = replace(selection, from_on=period.from_on, to_on=period.to_on)
        reader = Reader(file, replace(period, selection=chosen), words or FALLBACK, now, LIMITS)
        languages = () if words else tuple(LANGUAGES)
        written = write_report(reader, output, lambda done, known: shown.update(f"{done} of {known} pages"), languages)
        is_without = not file.answer("articles", {**reader.period.values, "row_limit": 1})
    console.echo(f"{written} pages{', but no article was named in this choice' if is_without else ''}; open {opened}")


def _left_at(opened: Path, earlier: int | None) -> str:
    """The sentence after an interrupt: the new report is put into its place at once, when all of it is written."""
    now = _file_id(opened)
    if now is None:
        return f"nothing of the report was kept, run the same command again to write {opened}"
    if now == earlier:
        return f"{opened} is still the earlier report, run the same command again to replace it"
    return f"the report is written; open {opened}"


def _file_id(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on loopback.")] = 8765,
    data: Data = None,
) -> None:
    """Show coverage, changes, voices and articles as pages in a browser; ctrl-C stops it.

    Reads news.duckdb only, always the newest one. Listens on loopback and answers only to that name. In Airflow the
    same pages stand in the navigation.
    """
    import uvicorn

    from pipeline.pages.rendering import prepare

    settings = load_settings(data=data)
    if not settings.data.is_dir():
        raise SettingsError(f"{settings.data}: is not a directory; choose another --data, or run `newsledger ingest`")
    console.require_free(port)
    console.echo(f"pages of {settings.news_file} at http://127.0.0.1:{port}  (ctrl-C stops it)")
    if not settings.news_file.is_file():
        console.echo("nothing was published so far; `newsledger ingest` or `newsledger demo` does it")
    with suppress(KeyboardInterrupt):
        prepare(utc_now().date())
        uvicorn.run(
            pages_of(settings), host="127.0.0.1", port=port, log_level="error", access_log=False, server_header=False
        )
    console.echo("stopped")


def pages_of(settings: Settings) -> ASGIApp:
    """The pages for this machine only. A page of another site that the reader has open can reach loopback, but not
    under its name (DNS rebinding)."""
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from pipeline.pages.live_pages import live_pages

    return TrustedHostMiddleware(live_pages(settings), allowed_hosts=["127.0.0.1", "localhost"])
