"""The texts of items in feeds, their authors and categories, and what a feed says about itself."""

from __future__ import annotations

import pytest

from pipeline.collect.feeds import Masthead
from pipeline.events import Enclosure
from tests.collect.feeds.sample_feeds import DECLARATIONS, RSS, atom, entry, item, read, read_item, rss

PARAGRAPH = "<p>Das Wasser der Ruhna ist in der Nacht um zwei Meter gefallen, teilte der Landkreis mit.</p>"


ARTICLE = f"<script>track()</script>{PARAGRAPH * 4}<img src='/a.jpg' onerror='x()'/><a href='javascript:x()'>mehr</a>"


def test_a_summary_is_sanitized_and_its_addresses_are_absolute() -> None:
    script = "&lt;script&gt;x()&lt;/script&gt;"
    summary = f"&lt;p onclick='x()'&gt;Pegel &lt;a href='/a'&gt;fällt&lt;/a&gt; {script}&amp;nbsp;]]&gt;"
    found = read_item(rss(item(f"<description>{summary}</description>")))
    assert found.summary == '<p>Pegel <a href="https://bote.example/a">fällt</a> \xa0]]&gt;</p>'
    assert found.content is None


@pytest.mark.parametrize(
    "body",
    [
        rss(item(f"<description>Pegel</description><content:encoded><![CDATA[{ARTICLE}]]></content:encoded>")),
        rss(item(f"<content:encoded><![CDATA[{ARTICLE}]]></content:encoded><description>Pegel</description>")),
        atom(entry(f'<summary>Pegel</summary><content type="html"><![CDATA[{ARTICLE}]]></content>')),
        atom(entry(f"<summary>Pegel</summary><content><![CDATA[{ARTICLE}]]></content>")),
        atom(entry(f'<summary>Pegel</summary><content type="xhtml"><div>{ARTICLE}</div></content>')),
        rss(item(f"<description>Pegel</description><description><![CDATA[{ARTICLE}]]></description>")),
    ],
    ids=["content:encoded", "content:encoded first", "atom html", "atom untyped", "atom xhtml", "two descriptions"],
)
def test_the_full_text_is_kept_without_scripts(body: str) -> None:
    found = read_item(body)
    assert found.summary == "Pegel"
    assert found.content == f'{PARAGRAPH * 4}<img src="https://bote.example/a.jpg"><a>mehr</a>'


def test_a_full_text_alone_is_the_summary_too() -> None:
    found = read_item(rss(item(f"<content:encoded><![CDATA[{ARTICLE}]]></content:encoded>")))
    assert found.summary is not None
    assert found.summary.startswith("<p>Das Wasser")
    assert found.content is not None


def test_a_full_text_no_longer_than_the_summary_is_not_kept() -> None:
    found = read_item(rss(item("<description>Pegel fällt</description><content:encoded>Pegel</content:encoded>")))
    assert (found.summary, found.content) == ("Pegel fällt", None)


def test_the_full_text_is_not_part_of_the_identity() -> None:
    short, long = (
        read_item(rss(item(f"<description>Pegel</description><content:encoded><![CDATA[{text}]]></content:encoded>")))
        for text in (ARTICLE, ARTICLE * 2)
    )
    assert short.content != long.content
    assert short.said_digest == long.said_digest


@pytest.mark.parametrize("text", [PARAGRAPH * 9_999, "Wasser " * 99_999], ids=["paragraphs", "no markup"])
def test_texts_are_limited_in_length(text: str) -> None:
    fields = f"<title>{'a' * 99_999}</title><description>{'b ' * 99_999}</description>"
    full = f"<content:encoded><![CDATA[{text}]]></content:encoded>"
    found = read_item(rss(item(fields + full)))
    assert found.title is not None and len(found.title) == 20_000
    assert found.summary is not None and len(found.summary) <= 20_000
    assert found.content is not None and 190_000 < len(found.content) <= 200_000


MORE = """<dc:creator>Karin Holm</dc:creator><author>post@bote.example (Jens  Aal)</author>
<category>Politik</category><category domain="x">Rat &amp;amp; Tat</category><category>Politik</category>
<enclosure url="/a.mp3" type="audio/mpeg" length="1234"/><enclosure url="/b.mp3" length="0"/>
<media:content url="/a.jpg" medium="image" fileSize="99"/>"""


def test_authors_categories_and_enclosures() -> None:
    found = read_item(rss(item(MORE), f"{DECLARATIONS} xmlns:dc='http://purl.org/dc/elements/1.1/'"))
    assert found.authors == ("Karin Holm", "Jens Aal")
    assert found.categories == ("Politik", "Rat & Tat")
    assert found.enclosures == (
        Enclosure("https://bote.example/a.mp3", "audio/mpeg", 1234),
        Enclosure("https://bote.example/b.mp3"),
        Enclosure("https://bote.example/a.jpg", "image/*", 99),
    )


def test_authors_and_categories_of_atom() -> None:
    fields = "<author><name>Karin Holm</name></author><author><name>Jens Aal</name></author>"
    found = read_item(atom(entry(f'{fields}<category term="p" label="Politik"/><category term="Rat"/>')))
    assert (found.authors, found.categories) == (("Karin Holm", "Jens Aal"), ("Politik", "Rat"))


MASTHEADS = {
    "rss": (
        RSS.replace(
            "<title>Bote</title>",
            "<title>Bote\n &amp;amp; Co</title><language>de-AT</language>"
            "<image><url>/logo.png</url><title>Logo</title><link>/x</link></image>",
            1,
        ),
        Masthead(
            title="Bote & Co", language="de-AT", homepage="https://bote.example/", image="https://bote.example/logo.png"
        ),
    ),
    "atom": (
        atom("<logo>/logo.png</logo><link rel='self' href='/feed'/><link href='/'/>", "xml:lang='en-GB'"),
        Masthead(
            title="Bote", language="en-GB", homepage="https://bote.example/", image="https://bote.example/logo.png"
        ),
    ),
    "json feed": (
        """{"version": "https://jsonfeed.org/version/1.1", "title": "Bote", "language": "de", "icon": "/logo.png",
        "home_page_url": "/", "items": []}""",
        Masthead(
            title="Bote", language="de", homepage="https://bote.example/", image="https://bote.example/logo.png"
        ),
    ),
    "news sitemap": (
        """<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>/wahl</loc><n:news>
        <n:publication><n:name>Der Bote</n:name><n:language>de</n:language></n:publication>
        <n:title>Wahl</n:title></n:news></url><url><loc>/x</loc></url></urlset>""",
        Masthead(title="Der Bote", language="de"),
    ),
    "nothing": ("<rss><item><link>/a</link></item></rss>", Masthead()),
}  # fmt: skip


@pytest.mark.parametrize(("body", "masthead"), MASTHEADS.values(), ids=MASTHEADS)
def test_what_the_feed_says_about_itself(body: str, masthead: Masthead) -> None:
    assert read(body).masthead == masthead
