"""Reports that are written to a place where something else happens meanwhile."""

from __future__ import annotations

import fcntl
import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread
from typing import NoReturn
from zipfile import ZipFile

import pytest

from pipeline.cli.pages import report
from pipeline.errors import SettingsError
from pipeline.pages.published_file import PublishedFile
from pipeline.pages.rendering import Reader
from pipeline.pages.report_files import LIMITS, write_report
from pipeline.pages.selection import Selection, period_of
from tests.worlds.running import Demo, newsledger

pytestmark = pytest.mark.slow
DAY = date(2026, 3, 5)


@pytest.fixture(scope="module")
def reader(demo: Demo) -> Iterator[Reader]:
    with PublishedFile(demo.data / "news.duckdb") as file:
        period = period_of(Selection(DAY, DAY, "meridian"), file, DAY)
        yield Reader(file, period, "en", datetime(2026, 3, 6, tzinfo=UTC), LIMITS)


@pytest.mark.parametrize("day", [datetime(1, 1, 1), datetime(9999, 12, 31)])  # as typer reads a day
def test_a_day_from_which_no_period_can_be_computed_is_refused(tmp_path: Path, day: datetime) -> None:
    with pytest.raises(SettingsError, match=f"--to {day.date()}: is not in the years from 1000 to 9998"):
        report(tmp_path / "report", to_on=day)


def test_report_that_another_one_overtook_replaces_it(reader: Reader, tmp_path: Path) -> None:
    target = tmp_path / "report"

    def overtaken(done: int, known: int) -> None:
        if done == 1:
            write_report(reader, target, lambda done, known: None)
            (target / "search.html").unlink()

    assert write_report(reader, target, overtaken) > 10
    assert (target / "search.html").is_file(), "the other one has none"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_came_into_the_folder_meanwhile_is_kept(reader: Reader, tmp_path: Path) -> None:
    notes = tmp_path / "report" / "notes.txt"

    def disturbed(done: int, known: int) -> None:
        notes.parent.mkdir(exist_ok=True)
        notes.write_text("mine")

    with pytest.raises(SettingsError, match="contains other files"):
        write_report(reader, notes.parent, disturbed)
    assert notes.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def _website(folder: Path) -> None:
    (folder / "article").mkdir(parents=True)
    (folder / "index.html").write_text('<!doctype html><body data-page="coverage">')
    (folder / "search.html").write_text("<!doctype html><title>My site</title>")


def _thesis(folder: Path) -> None:
    (folder / "article" / "drafts").mkdir(parents=True)
    (folder / "index.html").write_text('<!doctype html><body data-page="coverage">')
    (folder / "article" / "drafts" / "thesis.html").write_text('<!doctype html><body data-page="article">')


def _link(folder: Path) -> None:
    folder.mkdir()
    (folder / "index.html").symlink_to(folder.parent / "mine.html")


def _packed(file: Path) -> None:
    with ZipFile(file, "w") as packed:
        packed.writestr("week/index.html", '<!doctype html><body data-page="coverage">')
        packed.writestr("week/article/thesis.docx", "mine")


def _packed_without_a_folder(file: Path) -> None:
    with ZipFile(file, "w") as packed:
        packed.writestr("index.html", '<!doctype html><body data-page="coverage">')


def _no_zip(file: Path) -> None:
    file.write_bytes(b"PK, but no more")


def _nothing(target: Path) -> None:
    return


@pytest.mark.parametrize(
    ("name", "put", "said"),
    [
        ("site", _website, "contains other files"),
        ("site", _thesis, "contains other files"),
        ("site", _link, "contains other files"),
        ("week.zip", _packed, "contains other files"),
        ("week.zip", _packed_without_a_folder, "is there and is no report"),
        ("week.ZIP", _no_zip, "contains other files"),
        ("week.html", _nothing, "choose a name without .html, or with .zip"),
        (".", _nothing, "is the folder you are in"),
    ],
)
def test_report_is_not_put_in_the_place_of_anything_else(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, put: Callable[[Path], None], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / name)
    before = {path: path.stat(follow_symlinks=False).st_ino for path in tmp_path.rglob("*")}
    with pytest.raises(SettingsError, match=re.escape(said)):
        write_report(reader, Path(name), lambda done, known: None)
    assert {path: path.stat(follow_symlinks=False).st_ino for path in tmp_path.rglob("*")} == before


def test_reports_are_put_into_a_folder_one_after_the_other(reader: Reader, tmp_path: Path) -> None:
    """Between two renames there is no report for a moment, in which another process must not put its own."""
    written = Event()
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    def finished(done: int, known: int) -> None:
        if done == known:
            written.set()

    writer = Thread(target=write_report, args=(reader, tmp_path / "report", finished))
    writer.start()
    assert written.wait(60)
    writer.join(0.5)
    assert writer.is_alive() and not (tmp_path / "report").exists()
    os.close(folder)
    writer.join(60)
    assert (tmp_path / "report" / "index.html").is_file()


def test_an_interrupted_report_says_what_is_there(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report"
    chosen = ("--source", "meridian", "--from", DAY, "--to", DAY, "--words", "en")
    command = ("report", "--data", demo.data, "-o", target, *chosen)

    def interrupted(*arguments: object) -> NoReturn:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the signal did not interrupt")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupted)  # by the new report
        done = newsledger(*command)
    said = f"nothing of the report was kept, run the same command again to write {target}/index.html"
    assert (done.returncode, done.stderr) == (130, f"newsledger: interrupted; {said}\n")
    assert list(tmp_path.iterdir()) == []

    assert newsledger(*command).returncode == 0
    earlier = (target / "index.html").read_text("utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupted)  # by the new report, when the earlier one is away
        done = newsledger(*command)
    said = f"{target}/index.html is still the earlier report, run the same command again to replace it"
    assert (done.returncode, done.stderr) == (130, f"newsledger: interrupted; {said}\n")
    assert (target / "index.html").read_text("utf-8") == earlier
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
