"""The archive: every HTTP exchange that matters, as WARC 1.1 records that are never rewritten.

`exchange` is one request and its response as they went over the wire. `codings` undoes their content codings. `warc`
turns exchanges into records and records into pages. `storage` says where the WARC files lie: a local folder; another
place implements the same two small interfaces. `archive` brings these together: it writes records into files of limited
size and reads them back. Start with `archive`.
"""
