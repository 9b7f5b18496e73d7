"""newsledger export gives other programs what they can read."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import pytest

from tests.worlds.running import Demo, newsledger

pytestmark = pytest.mark.slow


def exported(demo: Demo, *arguments: object) -> str:
    done = newsledger("export", *arguments, "--data", demo.data)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_feed_of_articles_is_read_by_feedparser(demo: Demo, form: str) -> None:
    feed = feedparser.parse(
        exported(demo, "articles", "--format", form, "--source", "holmbote", "--since", "2026-03-03")
    )
    assert not feed.bozo, feed.bozo_exception
    assert feed.feed.title == "New articles: holmbote"
    assert feed.version.startswith(form)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries) == 7
    first, *_, last = feed.entries
    assert first.title == "Soforthilfe: Was Betroffene jetzt wissen müssen"
    assert first.published_parsed[:5] == (2026, 3, 5, 14, 30)
    assert [author.name for author in first.authors if author] == ["Imke Petersen"]
    assert [tag.term for tag in first.tags] == ["holmbote", "Region"]
    assert re.fullmatch(r"http://holmbote.localhost:\d+/region/soforthilfe-flut-antraege.html.*", first.link)
    assert first.published_parsed > last.published_parsed


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_feed_of_changes_says_what_was_changed(demo: Demo, form: str) -> None:
    feed = feedparser.parse(exported(demo, "changes", "--format", form, "--language", "en"))
    assert not feed.bozo, feed.bozo_exception
    talks, trawlers = sorted(feed.entries, key=lambda entry: entry.title)
    assert trawlers.title == "Trawlers blockade harbour in protest at cable routes (changed: correction, substance)"
    assert "text: [fifth → twelfth]" in trawlers.summary
    assert "This article was amended on 4 March 2026." in trawlers.summary
    assert "[stall over who pays → edge towards deal after all-night session]" in talks.summary


def test_a_json_feed(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "feed.json"
    assert (
        exported(demo, "articles", "--format", "json-feed", "--limit", 2, "--link", "https://n.example/", "-o", file)
        == ""
    )
    feed = json.loads(file.read_text("utf-8"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "https://n.example/"
    assert [item["title"] for item in feed["items"]] == [
        "Freie Mitte und Grünes Forum wollen koalieren",
        "'Are you the man with the blankets?'",
    ]
    assert feed["items"][0]["authors"] == [{"name": "Malte Grothe"}, {"name": "Janna Wittrock"}]
    assert feed["items"][0]["date_published"] == "2026-03-05T18:15:00Z"
    assert [path.name for path in tmp_path.iterdir()] == ["feed.json"]


def test_articles_with_the_names_of_schema_org(demo: Demo) -> None:
    articles = [json.loads(line) for line in exported(demo, "articles").splitlines()]
    assert len(articles) == 51
    (trawlers,) = (each for each in articles if each["headline"].startswith("Trawlers"))
    assert trawlers["@type"] == "NewsArticle"
    assert trawlers["author"] == [{"@type": "Person", "name": n} for n in ("Eleanor Marsh", "Marcus Dale")]
    assert trawlers["inLanguage"] == "en"
    assert trawlers["datePublished"] == "2026-03-03T11:30:00Z"
    assert trawlers["articleBody"].count(" ") > 300
    assert trawlers["correction"].startswith("This article was amended")
    assert trawlers["isAccessibleForFree"] is True


def test_changes_as_lines_of_json(demo: Demo) -> None:
    changes: list[dict[str, Any]] = [json.loads(line) for line in exported(demo, "changes").splitlines()]
    assert len(changes) == 6
    (seats,) = (each["changes"] for each in changes if each["source_id"] == "holmbote")
    assert [(each["part"], each["old"], each["new"]) for each in seats] == [("text", "48", "46")]


def test_parquet_by_day(demo: Demo, tmp_path: Path) -> None:
    exported(demo, "articles", "--format", "parquet", "-o", tmp_path / "days", "--until", "2026-03-03")
    assert {path.name for path in (tmp_path / "days").iterdir()} == {"2026-03-02.parquet", "2026-03-03.parquet"}
    with duckdb.connect(demo.data / "news.duckdb", read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        expected = con.execute("select count(*) from articles where published_at < '2026-03-04'").fetchone()
        found = con.execute(
            "select count(*), min(published_at)::date, max(published_at)::date from read_parquet($files)",
            {"files": f"{tmp_path}/days/*.parquet"},
        ).fetchone()
    assert expected
    assert found == (*expected, date(2026, 3, 2), date(2026, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("articles", "--source", "kurier"), 1, "no article is from 'kurier'; sources with articles: harbourpost"),
        (("articles", "--since", "gestern"), 2, "'gestern' is neither a day such as 2026-03-14 nor a moment"),
        (("articles", "--since", "2026-03-04", "--until", "2026-03-03"), 2, "is not after --since"),
        (("articles", "--format", "parquet"), 2, "Parquet needs a folder"),
        (("changes", "--format", "rss", "-o", "nowhere/changes.xml"), 1, "its folder does not exist"),
    ],
)
def test_what_cannot_be_exported(
    demo: Demo, own_folder: None, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = newsledger("export", *arguments, "--data", demo.data)
    assert done.returncode == status
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert list(Path().iterdir()) == []
