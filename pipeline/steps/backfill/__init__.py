"""Backfill: what a past interval is missing, recovered from its sources' history and replayed from the archive.

`history_state` asks the ledger what is known of the interval. `history_search` searches sitemaps and web archives,
`history_items` records what was found. `recover_pages` fetches the missing pages, `recover_news` takes them from
CC-NEWS; `recover` puts these together for many sources. `replay` runs the current producers on archived captures.
`backfill` does all of it and records the counts. Start there.
"""
