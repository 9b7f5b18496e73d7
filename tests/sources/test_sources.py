"""Reading sources.toml and the settings: an error is one line that names the file and the entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError, SourcesError
from pipeline.settings import PROJECT_ROOT, load_settings
from pipeline.sources import load_sources, select

GOOD = """
[[source]]
id = "tagblatt"
name = "Tagblatt"
language = "de"
country = "DE"
homepage = "https://www.tagblatt.example/"
feeds = ["https://www.tagblatt.example/feed.xml"]
"""

BAD = {
    "is not TOML": ("[[source", "sources.toml"),
    "no feeds and no sitemaps": (
        GOOD.replace('feeds = ["https://www.tagblatt.example/feed.xml"]', ""),
        "'tagblatt' has neither feeds nor sitemaps",
    ),
    "a feed twice": (
        GOOD.replace('/feed.xml"', '/feed.xml", "https://www.tagblatt.example/feed.xml"'),
        "feed.xml is read twice, by source 'tagblatt' and source 'tagblatt'",
    ),
    "a feed of two sources": (
        GOOD + GOOD.replace('id = "tagblatt"', 'id = "bote"'),
        "feed.xml is read twice, by source 'tagblatt' and source 'bote'",
    ),
    "a feed that is a sitemap too": (
        GOOD + 'sitemaps = ["https://www.tagblatt.example/feed.xml"]\n',
        "feed.xml is read twice",
    ),
    "an address with a line break": (GOOD.replace("feed.xml", "feed.xml\\n"), "feeds"),
    "an id with a line break": (GOOD.replace('"tagblatt"', '"tagblatt\\n"'), "id"),
    "an id twice": (GOOD + GOOD, "'tagblatt' is used twice"),
    "an id with spaces": (GOOD.replace('"tagblatt"', '"Tag Blatt"'), "id"),
    "an unknown field": (
        GOOD.replace("feeds", "feds"),
        "source 'tagblatt': unknown key 'feds'; the nearest known is 'feeds'",
    ),
    "a missing field": (
        GOOD.replace('name = "Tagblatt"\n', ""),
        "source 'tagblatt': Object missing required field `name`",
    ),
    "a missing id": (GOOD.replace('id = "tagblatt"\n', ""), "source number 1: Object missing required field `id`"),
    "a feed that is not an address": (
        GOOD.replace("https://www.tagblatt.example/feed.xml", "feed.xml"),
        "source 'tagblatt': feeds[0]: Expected",
    ),
    "a made-up time zone": (
        GOOD + 'timezone = "Europe/Nowhere"\n',
        "source 'tagblatt': unknown timezone 'Europe/Nowhere'",
    ),
    "a host name with an empty part": (
        GOOD.replace("//www.", "//www.."),
        "'https://www..tagblatt.example/' is not a valid address",
    ),
    "no sources at all": ("", "source"),
}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD)
def test_an_error_in_the_file_is_one_line_that_names_it(tmp_path: Path, text: str, named: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SourcesError) as failure:
        load_sources(path)
    assert str(path) in str(failure.value)
    assert named in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_password_in_an_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(
        SourcesError, match=r"an address at www\.tagblatt\.example has a user name or password"
    ) as failure:
        load_sources(write(tmp_path, GOOD.replace("//www", "//ada:wharf7@www")))
    assert "wharf7" not in str(failure.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match=r"nowhere\.toml: cannot be read: .*; set NEWSLEDGER_SOURCES or --sources"):
        load_sources(tmp_path / "nowhere.toml")


def test_sources_are_selected_by_id(tmp_path: Path) -> None:
    sources = load_sources(write(tmp_path, GOOD + GOOD.replace("tagblatt", "bote")))
    assert [one.id for one in select(sources, [])] == ["tagblatt", "bote"]
    assert [one.id for one in select(sources, ["bote"])] == ["bote"]
    with pytest.raises(SourcesError, match="unknown source 'kurier'; the nearest known are: bote, tagblatt"):
        select(sources, ["kurier"])
    with pytest.raises(SourcesError, match="unknown sources 'bode', 'kurier'; the nearest known are: bote, tagblatt"):
        select(sources, ["bode", "bote", "kurier"])


def test_a_source_knows_its_time_zone(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, GOOD))
    assert source.zone.key == "Europe/Berlin"
    (source,) = load_sources(write(tmp_path, GOOD + 'timezone = "Europe/Lisbon"\n'))
    assert source.zone.key == "Europe/Lisbon"


def test_a_source_may_have_sitemaps_only(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, GOOD.replace("feeds =", "sitemaps =")))
    assert source.addresses == source.sitemaps == ("https://www.tagblatt.example/feed.xml",)


def test_the_shipped_sources_file() -> None:
    sources = load_sources(PROJECT_ROOT / "sources.toml")
    assert sum(len(one.feeds) for one in sources) >= 25
    assert {one.language for one in sources} == {"de", "en"}
    assert sum(bool(one.sitemaps) for one in sources) >= 20
    urls = [url for one in sources for url in (*one.feeds, *one.sitemaps)]
    assert len(urls) == len(set(urls))
    head = (PROJECT_ROOT / "sources.toml").read_text("utf-8")[:800]
    assert "last checked" in head
    assert "newsledger sources check" in head


def test_options_override_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_DATA", str(tmp_path / "from-env"))
    monkeypatch.setenv("NEWSLEDGER_ALLOW_HOSTS", "127.0.0.1, .Localhost")
    assert load_settings().data == tmp_path / "from-env"
    assert load_settings(data=tmp_path / "given").data == tmp_path / "given"
    assert load_settings().allow_hosts == ("127.0.0.1", ".localhost")


def test_the_nearest_id_differs_in_the_fewest_characters(tmp_path: Path) -> None:
    numbers = (1, 18, 19, 21, 101)
    sources = load_sources(write(tmp_path, "".join(GOOD.replace("tagblatt", f"outlet-{no:04}") for no in numbers)))
    with pytest.raises(SourcesError, match="'outlet-0x01'; the nearest known are: outlet-0001, outlet-0101, "):
        select(sources, ["outlet-0x01"])
    with pytest.raises(SourcesError, match="'OUTLET-0021'; the nearest known are: outlet-0021, "):
        select(sources, ["OUTLET-0021"])


def test_an_empty_path_is_as_if_it_was_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_DATA", "")
    monkeypatch.setenv("NEWSLEDGER_SOURCES", "")
    assert (load_settings().data, load_settings().sources) == (Path.cwd() / "data", Path.cwd() / "sources.toml")


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_JOBS", "many")
    with pytest.raises(SettingsError, match="NEWSLEDGER_JOBS"):
        load_settings()
