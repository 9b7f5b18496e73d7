"""Every call of a parser is listed here with what bounds it, so that no answer of a server can hold a run."""

from __future__ import annotations

from enum import StrEnum

from tests.style.parser_calls import parser_calls


class Bound(StrEnum):
    WORKER = "runs in a worker process: the function is given to `Client.read`, `Client.work` or `parallel_map`"
    CAPPED = "linear, on input whose size is limited, and done in some milliseconds"
    TIMED = "in a thread, on a stream that ends when its time is over; linear between two reads"
    OURS = "reads what newsledger, its package or its user has written"


BOUNDS = {
    # Extraction and annotation: worker processes of parallel_map
    ("pipeline.extract.trafilatura_choice", "trafilatura.bare_extraction"): Bound.WORKER,
    ("pipeline.extract.trafilatura_choice", "trafilatura.settings.Extractor"): Bound.OURS,
    ("pipeline.extract.page.embedded", "json.loads"): Bound.WORKER,
    ("pipeline.extract.page.parsed_page", "lxml.html.HTMLParser"): Bound.WORKER,
    ("pipeline.extract.page.parsed_page", "lxml.html.document_fromstring"): Bound.WORKER,
    ("pipeline.extract.boilerplate.outlet_rules", "msgspec.toml.decode"): Bound.OURS,
    ("pipeline.annotate.basic_languages", "msgspec.toml.decode"): Bound.OURS,
    ("pipeline.annotate.lexicon.words", "msgspec.toml.decode"): Bound.OURS,
    ("pipeline.annotate.people.gazetteer", "msgspec.toml.decode"): Bound.OURS,
    # Pages: see_page, see_again, wall_in
    ("pipeline.collect.http.responses", "pipeline.archive.codings.decode"): Bound.WORKER,
    ("pipeline.collect.pages.answers", "decoded"): Bound.WORKER,
    ("pipeline.collect.pages.prose", "lxml.etree.iterwalk"): Bound.WORKER,
    ("pipeline.collect.pages.section_pages", "lxml.html.HTMLParser"): Bound.WORKER,
    ("pipeline.collect.pages.section_pages", "lxml.html.document_fromstring"): Bound.WORKER,
    ("pipeline.collect.pages.walls", "pipeline.archive.codings.decode_start"): Bound.WORKER,
    ("pipeline.collect.pages.walls", "msgspec.toml.decode"): Bound.OURS,
    # Feeds: read_feed
    ("pipeline.collect.feeds.feed_dates", "email.utils.parsedate_to_datetime"): Bound.WORKER,
    ("pipeline.collect.feeds.feed_dates", "msgspec.toml.decode"): Bound.OURS,
    ("pipeline.collect.feeds.html", "lxml.html.HTMLParser"): Bound.WORKER,
    ("pipeline.collect.feeds.html", "lxml.html.document_fromstring"): Bound.WORKER,
    ("pipeline.collect.feeds.json_feed", "json.loads"): Bound.WORKER,
    ("pipeline.collect.feeds.parsing", "decoded"): Bound.WORKER,
    ("pipeline.collect.feeds.parsing", "pipeline.archive.codings.decode"): Bound.WORKER,
    ("pipeline.collect.feeds.syndication", "feedparser.parse"): Bound.WORKER,
    ("pipeline.collect.feeds.xml", "lxml.etree.XMLPullParser"): Bound.WORKER,
    # Discovery: Prober.read and Prober.parse
    ("pipeline.collect.discovery.links", "decoded"): Bound.WORKER,
    ("pipeline.collect.discovery.links", "lxml.html.HTMLParser"): Bound.WORKER,
    ("pipeline.collect.discovery.links", "lxml.html.document_fromstring"): Bound.WORKER,
    ("pipeline.collect.discovery.probes", "decoded"): Bound.WORKER,
    # History: read_index, _paths, page_body, see_memento, _content
    ("pipeline.collect.history.archive_search", "decoded"): Bound.WORKER,
    ("pipeline.collect.history.cc_news", "decoded"): Bound.WORKER,
    ("pipeline.collect.history.cc_news", "fastwarc.warc.ArchiveIterator"): Bound.OURS,
    ("pipeline.collect.history.cc_news", "pipeline.archive.codings.decode"): Bound.WORKER,
    ("pipeline.collect.history.news_slices", "fastwarc.warc.ArchiveIterator"): Bound.TIMED,
    ("pipeline.collect.history.news_slices", "zlib.decompressobj"): Bound.CAPPED,
    ("pipeline.collect.history.sitemap_files", "decoded"): Bound.WORKER,
    ("pipeline.collect.history.sitemap_files", "pipeline.archive.codings.decode_start"): Bound.WORKER,
    ("pipeline.collect.history.wayback", "decoded"): Bound.WORKER,
    ("pipeline.collect.history.wayback", "msgspec.json.decode"): Bound.WORKER,
    ("pipeline.collect.history.wayback", "email.utils.parsedate_to_datetime"): Bound.CAPPED,
    # HTTP: headers have at most 8 KB, a robots.txt half a megabyte; a long one is judged in a worker process
    ("pipeline.collect.http.client", "pipeline.archive.codings.decode_start"): Bound.CAPPED,
    ("pipeline.collect.http.cookies", "aiohttp.CookieJar"): Bound.CAPPED,
    ("pipeline.collect.http.hosts", "email.utils.parsedate_to_datetime"): Bound.CAPPED,
    ("pipeline.collect.http.robots", "protego.Protego.parse"): Bound.CAPPED,
    ("pipeline.collect.http.robots", "can_fetch"): Bound.CAPPED,
    ("pipeline.collect.http.host_rows", "msgspec.json.decode"): Bound.OURS,
    ("pipeline.json_files", "msgspec.json.decode"): Bound.OURS,
    # The archive: our records; the body in them is decoded in one pass with limits
    ("pipeline.archive.codings", "brotli.Decompressor"): Bound.CAPPED,
    ("pipeline.archive.codings", "zlib.decompressobj"): Bound.CAPPED,
    ("pipeline.archive.codings", "zstandard.ZstdDecompressor"): Bound.CAPPED,
    ("pipeline.archive.named_records", "pipeline.archive.codings.decode"): Bound.CAPPED,
    ("pipeline.archive.named_records", "zlib.decompressobj"): Bound.OURS,
    ("pipeline.archive.warc", "fastwarc.warc.ArchiveIterator"): Bound.OURS,
    ("pipeline.archive.warc", "gzip.decompress"): Bound.OURS,
    ("pipeline.archive.warc", "pipeline.archive.codings.decode"): Bound.CAPPED,
    ("pipeline.archive.warc", "zlib.decompressobj"): Bound.OURS,
    # Files of the user and of newsledger
    ("pipeline.cli.saved_files", "gzip.open"): Bound.OURS,
    ("pipeline.cli.saved_files", "msgspec.json.decode"): Bound.OURS,
    ("pipeline.demo.articles", "tomllib.loads"): Bound.OURS,
    ("pipeline.demo.outlets", "tomllib.loads"): Bound.OURS,
    ("pipeline.demo.site", "email.utils.parsedate_to_datetime"): Bound.OURS,
    ("pipeline.pages.report_files", "zipfile.ZipFile"): Bound.OURS,
    ("pipeline.sources.opml", "lxml.etree.XMLParser"): Bound.OURS,
    ("pipeline.sources.opml", "lxml.etree.fromstring"): Bound.OURS,
    ("pipeline.sources.source", "msgspec.toml.decode"): Bound.OURS,
    ("pipeline.sources.source_list", "tomlkit.parse"): Bound.OURS,
    ("pipeline.standalone", "json.load"): Bound.OURS,
    ("pipeline.standalone", "json.loads"): Bound.OURS,
    ("pipeline.workers", "pickle.loads"): Bound.OURS,
}
"""What bounds the parser, by module and full name of what is called."""


def test_every_call_of_a_parser_says_what_bounds_it() -> None:
    assert parser_calls() == BOUNDS.keys(), (
        "a parser was added or removed: bytes that a server sent are read in a worker process (`Client.read`)"
    )
