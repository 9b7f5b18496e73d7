"""OPML from feed readers is read, and OPML that newsledger writes is read back without loss."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.annotate.language import text_language
from pipeline.cli.sources import read_arguments
from pipeline.collect.discovery.candidates import take_unchecked
from pipeline.errors import SourcesError
from pipeline.sources import Source, load_sources
from pipeline.sources.opml import Outline, read_opml, write_opml
from pipeline.sources.plan import Overrides, make_plan
from pipeline.sources.source_list import read_source_list, write_source_list
from tests.worlds.running import newsledger

LIST = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>Abos</title></head><body>
<outline text="Zeitungen" title="Zeitungen"><outline text="Regional">
  <outline type="rss" text="Bote: Politik" xmlUrl="https://bote.example/politik.rss" language="de-DE"
    htmlUrl="https://www.bote.example/politik"/>
  <outline type="rss" title="Bote: Müllheim" text="x" XMLURL=" https://rss.bote.example/m?a=1&amp;b=2 " HTMLURL="https://www.bote.example/"/>
</outline><outline text="leer"/></outline>
<Outline type="atom" text="Kurier" xmlurl="feed://kurier.example/atom"/>
</body></opml>"""


def read(text: str) -> tuple[Outline, ...]:
    return read_opml(text.encode("latin-1"), file="abos.opml").outlines


def imported(path: Path, *arguments: object) -> tuple[Source, ...]:
    """The sources of a new sources.toml after `sources add --unchecked`."""
    old = read_source_list(path)
    candidates = take_unchecked(read_arguments(map(str, arguments))).candidates
    write_source_list(path, old, make_plan(old.sources, candidates, Overrides(), text_language).sources)
    return load_sources(path)


def test_outlines_at_any_depth_and_in_any_case() -> None:
    politics, town, other = read(LIST)
    assert (politics.title, politics.language) == ("Bote: Politik", "de-DE")
    assert (town.title, town.url) == ("Bote: Müllheim", "https://rss.bote.example/m?a=1&b=2")
    assert town.homepage == "https://www.bote.example/"
    assert (other.url, other.homepage, other.language) == ("feed://kurier.example/atom", None, None)


def test_outlines_of_one_outlet_become_one_source(tmp_path: Path) -> None:
    (tmp_path / "abos.opml").write_bytes(LIST.encode("latin-1").replace(b"</body>", b"""
        <outline text="Kurier Sport" xmlUrl="https://kurier.example/sport" language="de"/>
        <outline text="Kurier Sport again" xmlUrl="http://www.kurier.example/sport/" language="de"/>
        <outline text="The Courier" xmlUrl="https://kurier.example/en/rss" language="en"/>
        <outline text="Blog A" xmlUrl="https://feeds.feedburner.com/stadtblog" language="de"/>
        <outline text="Blog B" xmlUrl="https://feeds.feedburner.com/landblog" language="de"/></body>"""))  # fmt: skip
    bote, kurier, courier, town, country = imported(tmp_path / "sources.toml", tmp_path / "abos.opml")
    assert bote.feeds == ("https://bote.example/politik.rss", "https://rss.bote.example/m?a=1&b=2")
    assert (bote.id, bote.name, bote.homepage) == ("bote", "Bote", "https://www.bote.example/")
    assert (bote.language, bote.country) == ("de", "DE")
    assert (kurier.id, kurier.feeds) == ("kurier", ("https://kurier.example/sport", "http://kurier.example/atom"))
    assert (courier.id, courier.language, courier.country) == ("kurier_en", "en", "US")
    assert [town.id, country.id] == ["stadtblog", "landblog"]


LENIENT = {
    "cut off": (LIST[:-20], 2),
    "a bare ampersand": (LIST.replace("&amp;", "&"), 3),
    "an HTML entity": (LIST.replace("leer", "leer&nbsp;"), 3),
    "blank lines first": ("\n\n  " + LIST, 3),
    "a comment": ("&" + LIST.replace('<outline text="leer"/>', '<!-- <outline xmlUrl="https://a.example/" /> -->'), 3),
    "a control character": (LIST.replace("Kurier", "Ku\x0brier"), 3),
    "quotation marks in a title": (LIST.replace("Bote: Politik", 'Der "Bote"'), 3),
    "a greater-than sign": (LIST.replace("Kurier", "a > b & c"), 3),
    "a less-than sign": (LIST.replace("Kurier", "a < b <3"), 3),
    "markup in a title": (LIST.replace("Kurier", "<b>Kurier</b>"), 3),
    "a value without quotation marks": (
        LIST.replace('"https://rss.bote.example/m?a=1&amp;b=2"', "https://rss.bote.example/m?a=1&b=2"),
        3,
    ),
    "an apostrophe": ("&" + LIST.replace("Kurier", "L'Écho"), 3),
}


@pytest.mark.parametrize(("text", "feeds"), LENIENT.values(), ids=LENIENT)
def test_lists_that_are_not_well_formed_are_read(text: str, feeds: int) -> None:
    outlines = read(text)
    assert len(outlines) == feeds
    assert outlines[1].url == "https://rss.bote.example/m?a=1&b=2"
    assert outlines[1].title == "Bote: Müllheim"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_list_of_wide_characters_is_read_with_a_bare_ampersand(charset: str) -> None:
    text = LIST.replace("ISO-8859-1", "UTF-16").replace("&amp;", "&")
    assert read_opml(text.encode(charset), file="a.opml").outlines == read(LIST)


def test_a_parameter_that_is_named_like_a_character_stays() -> None:
    *_, kurier = read(LIST.replace("kurier.example/atom", "kurier.example/atom?a=1&copy=2&amp;lt=3&#38;n=4"))
    assert kurier.url == "feed://kurier.example/atom?a=1&copy=2&lt=3&n=4"


def test_outlines_of_many_attributes_are_read_in_time_that_grows_with_them() -> None:
    many = " ".join(f"a{n}=''" for n in range(30_000))
    for text in (LIST.replace('text="leer"', many), f"&{LIST}<outline {'a' * 1_000_000}"):
        start = process_time()
        assert len(read(text)) == 3
        assert process_time() - start < 1, "CPU seconds; it was more than three"


def test_a_list_in_utf_8_is_read_without_its_declaration() -> None:
    text = LIST.partition("?>")[2].replace("&amp;", "&")
    assert read_opml(text.encode(), file="a.opml").outlines[1].title == "Bote: Müllheim"


def test_what_cannot_be_read_is_one_line_for_each_entry(tmp_path: Path) -> None:
    lost = '<outline text="Halb" xmlUrl="https://halb.example/rss/><outline text="leer" type="rss"/>'
    (tmp_path / "a.opml").write_text(f"<opml><body>{lost}<outline xmlUrl='https://bote.example/rss'/></body></opml>")
    wanted = read_arguments([str(tmp_path / "a.opml")])
    assert [outline.url for outline in wanted.outlines] == ["https://bote.example/rss"]
    assert [one.address for one in wanted.unusable] == [str(tmp_path / "a.opml")] * 2
    assert ["Halb" in one.reason or "leer" in one.reason for one in wanted.unusable] == [True, True]


def test_an_unchecked_list_needs_no_language(tmp_path: Path) -> None:
    opml = "<opml><body>{}<outline xmlUrl='https://sample.com/rss'/></body></opml>"
    named = ["<outline xmlUrl='https://bote.example/rss' language='nl'/>"]
    named.append("<outline xmlUrl='https://krant.test/rss' language='nl'/>")
    for entries, languages in enumerate((["en"], ["en", "nl"], ["nl", "nl", "nl"])):
        (tmp_path / "a.opml").write_text(opml.format("".join(named[:entries])))
        sources = imported(tmp_path / f"{entries}.toml", tmp_path / "a.opml")
        assert sorted(source.language for source in sources) == languages, "one entry says nothing about the others"


def test_a_feed_in_an_attribute_of_another_name() -> None:
    assert [one.url for one in read("<opml><body><outline type='rss' url='https://a.example/rss'/></body></opml>")] == [
        "https://a.example/rss"
    ]


BROKEN = {
    "not XML": "subscriptions\n",
    "empty": "",
    "another vocabulary": "<rss version='2.0'><channel/></rss>",
    "a web page": "<!doctype html><html><body><p>Sign in</body></html>",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_list_is_one_line_that_names_it(text: str) -> None:
    with pytest.raises(SourcesError, match=r"^abos\.opml: [^\n]+$"):
        read(text)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("swordfish")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    feed = '<outline text="{}" xmlUrl="https://bote.example/rss">{}</outline>'
    for entities, text, content in [
        (f'<!ENTITY l0 "ha">{laughs}', "&l11;", ""),
        (f'<!ENTITY l0 "ha">{laughs}', "", "&l11;"),
        (f'<!ENTITY own SYSTEM "{secret.as_uri()}">', "", "&own;"),
        (f'<!ENTITY % own SYSTEM "{secret.as_uri()}"> %own;', "", ""),
    ]:
        opml = f"<!DOCTYPE opml [{entities}]><opml><body>{feed.format(text, content)}</body></opml>"
        try:
            result = repr(read(opml))
        except SourcesError as refused:
            result = str(refused)
        assert "swordfish" not in result
        assert len(result) < 1_000


UNUSABLE = {
    "a password": "xmlUrl='https://reader:swordfish@bote.example/rss'",
    "an id that no source may have": "xmlUrl='https://bote.example/rss' n:id='Bote!'",
    "a country that is none": "xmlUrl='https://bote.example/rss' n:id='bote' n:country='Nowhere'",
    "a zone that is none": "xmlUrl='https://bote.example/rss' n:id='bote' n:timezone='Mars/Olympus'",
}


@pytest.mark.parametrize("attributes", UNUSABLE.values(), ids=UNUSABLE)
def test_an_entry_that_no_source_can_have_costs_itself(tmp_path: Path, attributes: str) -> None:
    others = "<outline xmlUrl='https://kurier.example/rss' htmlUrl='https://reader:swordfish@kurier.example/'/>"
    (tmp_path / "a.opml").write_text(
        f"<opml xmlns:n='urn:newsledger:opml'><body><outline {attributes}/>{others}</body></opml>"
    )
    assert len(read_arguments([str(tmp_path / "a.opml")]).unusable) == 1
    (kurier,) = imported(tmp_path / "sources.toml", tmp_path / "a.opml")
    assert (kurier.feeds, kurier.homepage) == (("https://kurier.example/rss",), "https://kurier.example/")


def test_an_invalid_address_is_reported(tmp_path: Path) -> None:
    (tmp_path / "abos.opml").write_bytes(LIST.encode("latin-1").replace(b"feed://kurier.example/atom", b"kurier atom"))
    wanted = read_arguments([str(tmp_path / "abos.opml")])
    assert [(one.address, one.reason) for one in wanted.unusable] == [("kurier atom", "is not an http(s) address")]
    assert len(wanted.outlines) == 2


@pytest.mark.parametrize("name", ["nowhere.opml", "nowhere.xml"])
def test_a_missing_list_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourcesError, match=f"{name}: cannot be read"):
        read_arguments([str(tmp_path / name)])


def test_a_list_without_feeds_is_named(tmp_path: Path) -> None:
    (tmp_path / "leer.opml").write_text("<opml version='2.0'><body><outline text='a'/></body></opml>")
    with pytest.raises(SourcesError, match=r"leer\.opml: lists no feeds"):
        read_arguments([str(tmp_path / "leer.opml")])


# Writing and reading back

_WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
_NAMES = st.lists(_WORDS, min_size=1, max_size=3).map(" ".join)
_PATHS = st.text("abcXYZ012-._~/?&=;,!@'()*+$%\"<>\\[]üßя", max_size=20)
_LABELS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_HOSTS = st.builds("{}.{}".format, _LABELS, st.sampled_from(["example", "co.uk", "substack.com", "at"]))
_URLS = st.builds(
    "{}://{}/{}".format, st.sampled_from(["http", "https"]), _HOSTS | st.just("feeds.feedburner.com"), _PATHS
)


@st.composite
def source_lists(draw: st.DrawFn) -> list[Source]:
    ids = draw(
        st.lists(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True), min_size=1, max_size=5, unique=True)
    )
    sources = []
    seen: set[str] = set()
    for source_id in ids:
        urls = [url for url in draw(st.lists(_URLS, min_size=1, max_size=5, unique=True)) if url not in seen]
        seen.update(urls)
        sitemaps = draw(st.integers(0, len(urls)))
        if urls:
            sources.append(
                Source(
                    id=source_id,
                    name=draw(_NAMES),
                    language=draw(st.sampled_from(["de", "en", "gsw"])),
                    country=draw(st.sampled_from(["DE", "AT", "GB", "ZZ"])),
                    homepage=f"https://{draw(_HOSTS)}/",
                    feeds=tuple(urls[sitemaps:]),
                    sitemaps=tuple(urls[:sitemaps]),
                    requests_per_second=draw(st.none() | st.floats(0.01, 100)),
                    timezone=draw(st.none() | st.just("Europe/Lisbon")),
                )
            )
    return sources


@settings(deadline=None, max_examples=50)
@given(source_lists())
def test_an_exported_list_is_read_back_without_loss(sources: list[Source]) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "list.opml").write_bytes(write_opml(sources))
        if sources:
            assert imported(Path(name) / "sources.toml", Path(name) / "list.opml") == tuple(sources)


def test_the_written_list_is_opml_that_feed_readers_understand() -> None:
    source = Source(
        id="bote",
        name='Der "Bote" <\x1b[1m> & Söhne',
        language="de",
        country="DE",
        homepage="https://bote.example/",
        feeds=("https://bote.example/rss?a=1&b=2",),
        sitemaps=("https://bote.example/news.xml",),
    )
    root = etree.fromstring(write_opml([source]))
    feed, sitemap = root.findall("body/outline")
    assert root.get("version") == "2.0"
    said = {name: feed.get(name) for name in ("type", "text", "xmlUrl", "htmlUrl", "language")}
    assert said == {
        "type": "rss",
        "text": 'Der "Bote" <\N{REPLACEMENT CHARACTER}[1m> & Söhne',
        "xmlUrl": "https://bote.example/rss?a=1&b=2",
        "htmlUrl": "https://bote.example/",
        "language": "de",
    }
    assert sitemap.get("xmlUrl") is None


def test_five_thousand_outlines(tmp_path: Path) -> None:
    outlines = "".join(
        f'<outline text="Blatt {n}" xmlUrl="https://blatt{n % 1000}.example/{n}.rss" language="de"/>'
        for n in range(5000)
    )
    (tmp_path / "many.opml").write_text(f"<opml version='2.0'><body>{outlines}</body></opml>")
    sources = imported(tmp_path / "sources.toml", tmp_path / "many.opml")
    assert len(sources) == 1000
    assert sum(len(source.feeds) for source in sources) == 5000


def test_the_commands_import_and_export(tmp_path: Path) -> None:
    abos, one, two = tmp_path / "abos.opml", tmp_path / "one.toml", tmp_path / "two.toml"
    abos.write_bytes(LIST.encode("latin-1"))
    done = newsledger("sources", "add", abos, "--unchecked", "--language", "de", "--sources", one)
    assert done.returncode == 0, done.stderr
    assert "new feeds 3, new sitemaps 0, new sources 2" in done.stdout
    assert newsledger("sources", "export", tmp_path / "out.opml", "--sources", one).returncode == 0
    exported = newsledger("sources", "export", "--source", "bote", "--sources", one)
    assert exported.stdout.count("xmlUrl") == 2
    assert newsledger("sources", "add", tmp_path / "out.opml", "--unchecked", "--sources", two).returncode == 0
    assert load_sources(two) == load_sources(one)
