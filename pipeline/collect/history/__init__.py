"""What can still be learnt of a source's past: its sitemaps, a web archive, and Common Crawl's news files.

    sitemaps.py     sitemaps and their archives, walked where their dates can match
    web_archive.py  archived captures of feeds, front and section pages, and of articles that are gone
    cc_news.py      WARC files of news pages, streamed and filtered by host

Each finds articles of a period, with a date that can be shown. Nothing here knows the ledger.
"""
