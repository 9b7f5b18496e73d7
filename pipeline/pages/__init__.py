"""Pages for those who would rather look: coverage, changes, voices, and an article with everything known about it.

`published_file` reads `news.duckdb`, for the days, source and language of a `selection`. `page_kinds` says which pages
there are and which queries (`sql/`) each one shows; `rendering` makes HTML of the answers, with the templates.
`change_feed` makes the feed of changes.
`report_files` writes the pages into a folder, and `live_pages` serves the same pages, on loopback or within Airflow.
Start with `page_kinds`.
"""
