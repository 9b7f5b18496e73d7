"""newsledger poll --file prints one JSON object an item, in order, and reports files that it cannot read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from pipeline.cli.poll import poll as poll_command
from pipeline.errors import NewsledgerError
from tests.collect.feeds.sample_feeds import RSS, A, B, atom, rss


def poll(*arguments: str | Path, stdin: bytes = b"") -> Result:
    app = typer.Typer()
    app.command()(poll_command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two feeds, created in another order than that of their names, and a web page."""
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "deep.xml.gz").write_bytes(gzip.compress(rss(A + B).encode()))
    (tmp_path / "a.xml").write_text(RSS)
    (tmp_path / "b.xml").write_text("<html><body>Moved</body></html>")
    return tmp_path


def test_a_saved_feed(tmp_path: Path) -> None:
    saved = tmp_path / "bote.xml"
    saved.write_text(RSS)
    first, second = lines(poll("--file", saved))
    assert first == {
        "feed": str(saved),
        "url": "https://bote.example/pegel?utm_source=rss",
        "canonical_url": "https://bote.example/pegel",
        "guid": "p-1",
        "title": "Pegel fällt",
        "summary": "Das Wasser geht zurück.",
        "published_at": "2026-03-02T07:15:00Z",
        "published_quality": "exact",
        "published_raw": "Mon, 02 Mar 2026 08:15:00 +0100",
        "updated_at": None,
        "updated_quality": None,
        "updated_raw": None,
        "content": None,
        "authors": [],
        "categories": [],
        "enclosures": [],
        "redirector_url": None,
    }
    assert second["url"] == "https://bote.example/wahl"


def test_standard_input_with_an_address_and_a_timezone() -> None:
    feed = atom("<entry><link href='1'/><published>2026-03-02 08:15</published></entry>")
    (only,) = lines(
        poll("--file", "-", "--url", "https://a.example/x/", "--timezone", "Europe/Berlin", stdin=feed.encode())
    )
    assert (only["feed"], only["url"], only["published_at"]) == ("-", "https://a.example/x/1", "2026-03-02T07:15:00Z")


def test_folder_is_read_in_order_and_unreadable_files_are_reported(folder: Path) -> None:
    result = poll("--file", folder, folder / "missing.xml")
    assert isinstance(result.exception, NewsledgerError)
    assert str(result.exception).startswith("2 of 4 saved feeds gave no items")
    feeds = [json.loads(line)["feed"] for line in result.stdout.splitlines()]
    assert feeds == [str(folder / "a.xml")] * 2 + [str(folder / "c" / "deep.xml.gz")] * 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{folder / 'b.xml'}: not a feed: an HTML page")
    assert second == f"{folder / 'missing.xml'}: No such file or directory"


def test_warnings_are_printed_and_are_not_failures(tmp_path: Path) -> None:
    saved = tmp_path / "bote.xml"
    saved.write_bytes(RSS.replace(" fällt", " & fällt").encode("latin-1"))
    result = poll("--file", saved)
    assert len(lines(result)) == 2
    assert result.stderr == f"{saved}: warnings: wrong_charset, broken_xml\n"


def test_sitemap_index_and_empty_feed_have_no_items(tmp_path: Path) -> None:
    (tmp_path / "empty.xml").write_text(rss(""))
    (tmp_path / "index.xml").write_text(
        "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>"
    )
    result = poll("--file", tmp_path)
    assert lines(result) == []
    assert result.stderr == f"{tmp_path / 'index.xml'}: an index of 1 sitemaps, which hold the items\n"


def test_file_that_is_too_large_is_not_read_completely(tmp_path: Path) -> None:
    saved = tmp_path / "large.xml"
    with saved.open("wb") as file:
        file.truncate(10_000_000_000)
    result = poll("--file", saved)
    assert isinstance(result.exception, NewsledgerError)
    assert f"{saved}: not a feed: more than" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--file"], "--file needs saved feeds"),
        (["bote.xml"], "bote.xml: saved feeds are read with"),
        (["--file", "bote.xml", "--timezone", "Mars/Olympus"], "unknown timezone 'Mars/Olympus'"),
        (["--file", "bote.xml", "--timezone", "../etc"], "unknown timezone '../etc'"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = poll(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
