"""sources.toml and the environment: what is wrong is named, what is added leaves the rest as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotate.language import tell_language
from pipeline.errors import SettingsError, SourcesError
from pipeline.settings import PROJECT_ROOT, load_settings
from pipeline.sources import Source, load_sources, parse_sources, select
from pipeline.sources.plan import Candidate, Overrides, Plan, make_plan
from pipeline.sources.source_list import format_source, read_source_list, write_source_list
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import newsledger

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
    "reads nothing": (
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
    "an id that is no name": (GOOD.replace('"tagblatt"', '"Tag Blatt"'), "id"),
    "an unknown field": (GOOD + "colour = 1\n", "colour"),
    "a missing field": (GOOD.replace('name = "Tagblatt"\n', ""), "name"),
    "a feed that is no address": (GOOD.replace("https://www.tagblatt.example/feed.xml", "feed.xml"), "feeds"),
    "a made-up time zone": (GOOD + 'timezone = "Europe/Nowhere"\n', "Nowhere"),
    "no sources at all": ("", "source"),
}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("text", "named"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_line_that_names_it(tmp_path: Path, text: str, named: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SourcesError) as failure:
        load_sources(path)
    assert str(path) in str(failure.value)
    assert named in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match=r"nowhere\.toml: cannot be read"):
        load_sources(tmp_path / "nowhere.toml")


def test_sources_are_selected_by_id(tmp_path: Path) -> None:
    sources = load_sources(write(tmp_path, GOOD + GOOD.replace("tagblatt", "bote")))
    assert [one.id for one in select(sources, [])] == ["tagblatt", "bote"]
    assert [one.id for one in select(sources, ["bote"])] == ["bote"]
    with pytest.raises(SourcesError, match="unknown source 'kurier'; known are: bote, tagblatt"):
        select(sources, ["kurier"])


def test_a_source_knows_its_time_zone(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, GOOD))
    assert source.zone.key == "Europe/Berlin"
    (source,) = load_sources(write(tmp_path, GOOD + 'timezone = "Europe/Lisbon"\n'))
    assert source.zone.key == "Europe/Lisbon"


def test_a_sitemap_is_enough(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, GOOD.replace("feeds =", "sitemaps =")))
    assert source.addresses == source.sitemaps == ("https://www.tagblatt.example/feed.xml",)


def test_the_sources_we_ship_are_real_and_many() -> None:
    sources = load_sources(PROJECT_ROOT / "sources.toml")
    assert sum(len(one.feeds) for one in sources) >= 25
    assert {one.language for one in sources} == {"de", "en"}
    assert sum(bool(one.sitemaps) for one in sources) >= 20
    urls = [url for one in sources for url in (*one.feeds, *one.sitemaps)]
    assert len(urls) == len(set(urls))
    head = (PROJECT_ROOT / "sources.toml").read_text("utf-8")[:800]
    assert "last checked" in head
    assert "newsledger sources check" in head


def test_settings_come_from_the_environment_and_options_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_DATA", str(tmp_path / "from-env"))
    monkeypatch.setenv("NEWSLEDGER_ALLOW_HOSTS", "127.0.0.1, .Localhost")
    assert load_settings().data == tmp_path / "from-env"
    assert load_settings(data=tmp_path / "given").data == tmp_path / "given"
    assert load_settings().allow_hosts == ("127.0.0.1", ".localhost")


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLEDGER_JOBS", "many")
    with pytest.raises(SettingsError, match="NEWSLEDGER_JOBS"):
        load_settings()


# Adding to the file

LAID_OUT = """# Ours, by hand.

[[source]]  # the first
id = "tagblatt"
name = "Tagblatt [[source]]"   # "quoted" # twice
language = "de"
country = "DE"
homepage = "https://www.tagblatt.example/"
feeds = ["https://www.tagblatt.example/feed.xml"] # one

# About the second
[[source]]
id = 'bote'
name = '''
Der "Bote"
[[source]]
feeds = ["no"]'''
homepage = "https://bote.example/"
sitemaps = [
  "https://bote.example/news.xml", # ] not yet
  "https://bote.example/b#[.xml" # no comma
  # that is all
]
language = "de"
country = "AT"
# The end, without a line break"""


def more(source: Source, *, feeds: tuple[str, ...] = (), sitemaps: tuple[str, ...] = ()) -> Source:
    return msgspec.structs.replace(source, feeds=(*source.feeds, *feeds), sitemaps=(*source.sitemaps, *sitemaps))


NEW = Source(
    id="kurier",
    name='Der "Kurier" \\ Söhne\t\x1b[31m\x7f\u2028\U0001f5de',
    language="de",
    country="CH",
    homepage="https://kurier.example/",
    feeds=("https://kurier.example/a?x='\"\\", "https://kurier.example/b"),
    requests_per_second=0.5,
    timezone="Europe/Zurich",
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_additions_leave_everything_else_as_it_is(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_bytes(LAID_OUT.replace("\n", newline).encode())
    old = read_source_list(path)
    tagblatt, bote = old.sources
    wanted = (
        more(tagblatt, feeds=("https://www.tagblatt.example/2",), sitemaps=("https://www.tagblatt.example/s",)),
        more(bote, feeds=("https://bote.example/1", "https://bote.example/2"), sitemaps=("https://bote.example/c",)),
        NEW,
    )
    write_source_list(path, old, wanted)
    assert load_sources(path) == wanted
    text = path.read_bytes().decode()
    assert text.count("\n") == text.count(newline)
    changed = ("feed.xml", "no comma")
    lines = iter(text.splitlines())
    assert all(line in lines for line in LAID_OUT.splitlines() if not any(word in line for word in changed))
    assert '  "https://bote.example/b#[.xml", # no comma' in text
    assert text.index("tagblatt.example/s") < text.index("# About the second")
    write_source_list(path, read_source_list(path), wanted)
    assert path.read_bytes().decode() == text


def test_only_new_sources_are_only_appended(tmp_path: Path) -> None:
    path = write(tmp_path, LAID_OUT)
    old = read_source_list(path)
    write_source_list(path, old, (*old.sources, NEW))
    assert path.read_text("utf-8") == f"{LAID_OUT}\n\n{format_source(NEW)}"


@pytest.mark.parametrize("content", [None, "", "# Nothing yet\n"])
def test_a_file_without_sources_is_begun(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "sources.toml"
    if content is not None:
        path.write_text(content)
    write_source_list(path, read_source_list(path), (NEW,))
    assert load_sources(path) == (NEW,)
    assert path.read_text("utf-8").startswith(content or "[[source]]\n")
    (tmp_path / "any").touch()
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


def test_mode_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    target, link = write(tmp_path / "etc", GOOD), tmp_path / "link.toml"
    target.chmod(0o640)
    link.symlink_to(target)
    old = read_source_list(link)
    write_source_list(link, old, (*old.sources, NEW))
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert len(load_sources(target)) == 2
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["sources.toml"]


UNUSUAL = {
    "inline tables": 'source = [{ id = "a", name = "A", language = "de", country = "DE", homepage = "https://a.example/",'
    ' feeds = ["https://a.example/1"] }]\n',
    "quoted keys": GOOD.replace("feeds =", '"feeds" ='),
}


@pytest.mark.parametrize("text", UNUSUAL.values(), ids=UNUSUAL)
def test_what_cannot_be_added_to_is_said_and_left_alone(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    old = read_source_list(path)
    with pytest.raises(SourcesError, match=r"sources\.toml: .*nothing was written"):
        write_source_list(path, old, (more(old.sources[0], feeds=("https://a.example/2",)),))
    assert path.read_text("utf-8") == text
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    old = read_source_list(path)
    path.write_text(f"# edited\n{GOOD}")
    with pytest.raises(SourcesError, match="changed by somebody else"):
        write_source_list(path, old, (*old.sources, NEW))
    assert path.read_text() == f"# edited\n{GOOD}"


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "sources.toml"
    with pytest.raises(SourcesError, match=r"nowhere/sources\.toml: cannot be written"):
        write_source_list(path, read_source_list(path), (NEW,))


@settings(deadline=None)
@given(st.text(), st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])))
def test_any_text_comes_back_from_a_block(name: str, path: str) -> None:
    source = msgspec.structs.replace(NEW, name=name, feeds=(f"https://kurier.example/{path}",))
    assert parse_sources(format_source(source).encode(), Path("x.toml")) == (source,)


# Which source a feed goes to

TAGBLATT = Source(
    id="tagblatt",
    name="Tagblatt",
    language="de",
    country="DE",
    homepage="https://www.tagblatt.example/",
    feeds=("https://www.tagblatt.example/feed.xml",),
)


def found(url: str, *, language: str | None = "de", homepage: str | None = None, title: str | None = None) -> Candidate:
    return Candidate(url=url, language=language, homepage=homepage, title=title)


def planned(*candidates: Candidate, overrides: Overrides = Overrides()) -> Plan:  # noqa: B008  # it is frozen
    return make_plan([TAGBLATT], candidates, overrides, tell_language)


def test_a_feed_of_a_known_outlet_goes_to_its_source() -> None:
    plan = planned(found("https://rss.tagblatt.example/sport", language="de-DE"))
    assert plan.sources == (more(TAGBLATT, feeds=("https://rss.tagblatt.example/sport",)),)
    assert [(one.source_id, one.outcome) for one in plan.verdicts] == [("tagblatt", "added to the source")]


def test_another_language_is_another_source() -> None:
    plan = planned(found("https://www.tagblatt.example/en/rss", language="en"))
    assert [one.id for one in plan.sources] == ["tagblatt", "tagblatt_en"]


def test_a_feed_that_says_no_language_goes_with_its_outlet() -> None:
    plan = planned(found("https://www.tagblatt.example/b", language=None), found("https://x.example/a", language=None))
    assert plan.sources == (more(TAGBLATT, feeds=("https://www.tagblatt.example/b",)),)
    assert [one.outcome for one in plan.verdicts][1] == "does not say its language: give it with --language"
    (_, new) = planned(found("https://bote.co.at/a", language=None)).sources
    assert (new.language, new.country) == ("de", "AT")


GERMAN = "Der Pegel der Ruhna fällt, die Bundesstraße bleibt bis zum Wochenende gesperrt, teilt der Landkreis mit. " * 4


def test_titles_tell_the_language_where_the_software_does_not() -> None:
    undeclared = msgspec.structs.replace(found("https://a.example/1", language=None), sample=GERMAN[:100])
    mistaken = msgspec.structs.replace(found("https://b.example/1", language="en-US"), sample=GERMAN)
    assert [one.language for one in planned(undeclared, mistaken).sources[1:]] == ["de", "de"]


def test_a_feed_is_read_once() -> None:
    elsewhere = msgspec.structs.replace(found("https://x.example/2"), shared=frozenset({"feed of x"}))
    twin = msgspec.structs.replace(found("https://y.example/2"), shared=frozenset({"feed of x"}))
    plan = planned(
        found("https://www.tagblatt.example/feed.xml"),
        found("http://tagblatt.example/feed.xml?utm_source=a"),
        elsewhere,
        twin,
    )
    assert [(one.added, one.outcome, one.source_id) for one in plan.verdicts] == [
        (False, "is read already", "tagblatt"),
        (False, "the same as https://www.tagblatt.example/feed.xml", "tagblatt"),
        (True, "new source", "x"),
        (False, "the same as https://x.example/2", "x"),
    ]


def test_options_overrule_guesses() -> None:
    overrides = Overrides(id="stadt", name="Stadtblatt", language="en", country="IE", timezone="Europe/Dublin")
    plan = planned(found("https://www.tagblatt.example/x"), found("https://other.example/y"), overrides=overrides)
    _, new = plan.sources
    assert (new.id, new.name, new.language, new.country, new.zone.key) == (
        "stadt", "Stadtblatt", "en", "IE", "Europe/Dublin",
    )  # fmt: skip
    assert len(new.feeds) == 2


def test_options_do_not_change_a_source() -> None:
    with pytest.raises(SourcesError, match=r"source 'tagblatt' .* has name 'Tagblatt'"):
        planned(found("https://www.tagblatt.example/x"), overrides=Overrides(name="Stadtblatt"))
    with pytest.raises(SourcesError, match="--name is for one source"):
        planned(found("https://a.example/x"), found("https://b.example/x"), overrides=Overrides(name="Stadtblatt"))


def test_ids_are_free_ones() -> None:
    plan = planned(*(found(f"https://tagblatt.{domain}/rss") for domain in ("de", "at", "ch")))
    assert [one.id for one in plan.sources] == ["tagblatt", "tagblatt_de", "tagblatt_2", "tagblatt_3"]
    assert [one.country for one in plan.sources] == ["DE", "DE", "AT", "CH"]


# The commands


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def run(web: WebServer, *arguments: object) -> subprocess.CompletedProcess[str]:
    return newsledger("sources", *arguments, env={"NEWSLEDGER_ALLOW_HOSTS": "127.0.0.1,.localhost"})


def at(web: WebServer, name: str) -> str:
    """The server under the name of an outlet."""
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


def test_a_list_is_tried_before_it_is_added(web: WebServer, tmp_path: Path) -> None:
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
    "what is neither": (["two words"], "neither an http(s) address nor an OPML file"),
    "a bad id": (["https://bote.example/", "--id", "Der Bote"], "--id 'Der Bote'"),
    "a bad zone": (["https://bote.example/", "--timezone", "Mars"], "Mars"),
}


@pytest.mark.parametrize(("arguments", "named"), NOTHING_ADDED.values(), ids=NOTHING_ADDED)
def test_nothing_added_is_status_1(web: WebServer, tmp_path: Path, arguments: list[str], named: str) -> None:
    done = run(web, "add", *arguments, "--sources", tmp_path / "sources.toml")
    assert done.returncode == 1
    assert named in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_tells_what_to_change(web: WebServer, tmp_path: Path) -> None:
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
    assert rss[:5] == ["a", f"{a}/rss", "rss", "ok", "2"]
    assert rss[5].endswith("daysago")
    assert rss[6] == f"{a}/movedb:{b}/for-nowb:{b}/same"
    assert moved[3] == f"ok,butmovedpermanently,nowat{a}/rss:changeit"
    assert same[6] == f"a:{a}/moveda:{a}/rss{b}/for-now"
    assert for_now[3] == f"ok,redirectedto{b}/rss"
    assert none[:7] == ["b", f"{b}/none", "", "http404", "", "", ""]


def cells(table: str) -> list[list[str]]:
    """The table's rows, their cells without the white space where they are folded."""
    rows: list[list[str]] = []
    for line in table.splitlines():
        if line.startswith("│"):
            parts = ["".join(part.split()) for part in line.strip("│").split("│")]
            rows = [*rows, parts] if parts[0] else [*rows[:-1], [a + b for a, b in zip(rows[-1], parts, strict=True)]]
    return rows
