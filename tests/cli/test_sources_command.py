"""newsledger sources add and check, against a local web server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest

from pipeline.sources import load_sources
from pipeline.sources.source_list import format_source
from tests.sources.test_plan import TAGBLATT
from tests.sources.test_sources import GOOD, write
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import newsledger


def run(web: WebServer, *arguments: object) -> subprocess.CompletedProcess[str]:
    return newsledger("sources", *arguments, env={"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1,.localhost"})


def at(web: WebServer, name: str) -> str:
    """The address of the server under another host name."""
    return web.base.replace("127.0.0.1", f"{name}.localhost")


def test_an_outlet_is_added_by_its_homepage(web: WebServer, tmp_path: Path) -> None:
    base, path = at(web, "tagblatt"), write(tmp_path, f"# Ours\n{GOOD}")
    web.feed("/rss.xml", ("/a", "A"), ("/b", "B"))
    web.feed("/copy.xml", ("/b", "B"), ("/a", "A"))
    web.feed("/sport.xml", ("/s", "S"))
    web.answers["/old.xml"] = Answer(status=301, headers={"Location": "/sport.xml"})
    links = "".join(
        f"<link rel=alternate type=application/rss+xml href={name}>"
        for name in ("rss.xml", "copy.xml", "old.xml", "gone.xml")
    )
    web.answers["/"] = Answer(f"<html lang=de-AT><meta property=og:site_name content='Bote&#27;[2J'>{links}".encode())
    shown = run(web, "add", f"{base}/", "--country", "LI", "--dry-run", "--sources", path)
    assert shown.returncode == 0, shown.stderr
    assert "nothing written" in shown.stdout
    assert path.read_text("utf-8") == f"# Ours\n{GOOD}"
    done = run(web, "add", f"{base}/", "--country", "LI", "--sources", path)
    assert f"{base}/gone.xml: http 404" in done.stderr
    assert f"the same as {base}/rss.xml" in done.stdout
    assert path.read_text("utf-8").startswith(f"# Ours\n{GOOD}\n[[source]]\n")
    _, new = load_sources(path)
    assert (new.id, new.name, new.language, new.country) == ("tagblatt_de", "Bote[2J", "de", "LI")
    assert new.feeds == (f"{base}/rss.xml", f"{base}/sport.xml")
    assert "\x1b" not in done.stdout
    again = run(web, "add", f"{base}/", "--sources", path)
    assert (again.returncode, again.stdout.count("is read already")) == (0, 2)
    assert len(load_sources(path)) == 2


def test_the_feeds_of_a_list_are_requested_before_they_are_added(web: WebServer, tmp_path: Path) -> None:
    path, abos = tmp_path / "sources.toml", tmp_path / "abos.opml"
    web.feed("/rss.xml", ("/a", "A"))
    feeds = (f"{at(web, 'bote')}/rss.xml", f"{at(web, 'bote')}/gone.xml", "gopher://bote.example/")
    home = at(web, "bote")
    outlines = "".join(f'<outline text="Bote" xmlUrl="{url}" htmlUrl="{home}" language="de"/>' for url in feeds)
    abos.write_text(f"<opml version='2.0'><body>{outlines}</body></opml>")
    done = run(web, "add", abos, "--sources", path)
    assert done.returncode == 0, done.stderr
    assert "gone.xml: http 404" in done.stderr
    assert "gopher://bote.example/: is not an http(s) address" in done.stderr
    (source,) = load_sources(path)
    assert (source.id, source.feeds) == ("bote", feeds[:1])


NOTHING_ADDED = {
    "an address that does not answer": (["http://127.0.0.1:1/"], "connection"),
    "neither an address nor a file": (["two words"], "neither an http(s) address nor an OPML file"),
    "a bad id": (["https://bote.example/", "--id", "Der Bote"], "--id 'Der Bote'"),
    "a bad zone": (["https://bote.example/", "--timezone", "Mars"], "Mars"),
}


@pytest.mark.parametrize(("arguments", "named"), NOTHING_ADDED.values(), ids=NOTHING_ADDED)
def test_exit_status_1_if_nothing_is_added(web: WebServer, tmp_path: Path, arguments: list[str], named: str) -> None:
    done = run(web, "add", *arguments, "--sources", tmp_path / "sources.toml")
    assert done.returncode == 1
    assert named in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_shows_what_to_change(web: WebServer, tmp_path: Path) -> None:
    a, b = at(web, "a"), at(web, "b")
    web.feed("/rss", ("/1", "One"), ("/2", "Two"))
    web.feed("/same", ("/2", "Two"), ("/1", "One"))
    web.answers["/moved"] = Answer(status=301, headers={"Location": "/rss"})
    web.answers["/for-now"] = Answer(status=302, headers={"Location": "/rss"})
    blocks = [
        msgspec.structs.replace(TAGBLATT, id="a", homepage=a, feeds=(f"{a}/rss", f"{a}/moved")),
        msgspec.structs.replace(
            TAGBLATT, id="b", homepage=b, feeds=(f"{b}/same", f"{b}/for-now"), sitemaps=(f"{b}/none",)
        ),
    ]
    path = write(tmp_path, "\n".join(map(format_source, blocks)))
    done = run(web, "check", "--sources", path)
    assert done.returncode == 1
    assert "1 of 5 feeds and sitemaps cannot be read" in done.stderr
    rss, moved, same, for_now, none = cells(done.stdout)
    assert (rss[:3], rss[4]) == (["a", f"{a}/rss", "rss"], "2")
    assert rss[3].startswith("silent:nothingnewfor")  # its newest item is of 2026
    assert rss[5].endswith("daysago")
    assert rss[6] == f"{a}/movedb:{b}/for-nowb:{b}/same"
    assert moved[3].endswith(f"days,butmovedpermanently,nowat{a}/rss:changeit")
    assert same[6] == f"a:{a}/moveda:{a}/rss{b}/for-now"
    assert for_now[3].endswith(f",redirectedto{b}/rss")
    assert none[:7] == ["b", f"{b}/none", "", "http404", "", "", ""]


def cells(table: str) -> list[list[str]]:
    """The rows of the table. The cells have no white space, because long ones are wrapped."""
    rows: list[list[str]] = []
    for line in table.splitlines():
        if line.startswith("│"):
            parts = ["".join(part.split()) for part in line.strip("│").split("│")]
            rows = [*rows, parts] if parts[0] else [*rows[:-1], [a + b for a, b in zip(rows[-1], parts, strict=True)]]
    return rows
