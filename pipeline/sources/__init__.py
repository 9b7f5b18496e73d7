"""The sources: which news outlets newsledger reads, and how `sources.toml` lists them.

Everything here is pure or touches that one file; requests are sent by `pipeline.collect.discovery`. `source` defines a
Source and reads the file. `source_list` adds to the file and keeps its comments and layout. `opml` exchanges lists with
feed readers. `sites` says what an address tells about its outlet: the registered domain, a name, a country. `plan`
decides which source a new feed joins. Start with `source`.
"""

from pipeline.sources.source import Country, HttpUrl, Language, Source, SourceId, load_sources, parse_sources, select

__all__ = ["Country", "HttpUrl", "Language", "Source", "SourceId", "load_sources", "parse_sources", "select"]
