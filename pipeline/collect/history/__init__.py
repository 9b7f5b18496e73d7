"""Finds a source's articles of a past interval: in its sitemaps, in a web archive and in Common Crawl's news files.

`documents` fetches a document or says why not. `sightings` has what every source of history gives: a `HistoryResult`
for each document, with the articles that it names and their dates. The three sources are `sitemap_walk`, which reads
sitemaps through `sitemap_files`; `archive_search`, which reads captures of feeds, front pages and section pages through
`wayback`; and `cc_news`, which reads the parts of news files that `news_slices` keeps. Start reading in `sightings`.
CONTRIBUTING lists the files to touch for another source. Nothing here knows the ledger.
"""
