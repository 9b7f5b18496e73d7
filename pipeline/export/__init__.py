"""Give articles and changes of a published file to other programs.

`export_choice` reads them from `news.duckdb`. `schema_org` writes articles with the names of schema.org. `news_feeds`
writes RSS, Atom and JSON Feed. The command `newsledger export` writes the files.
"""
