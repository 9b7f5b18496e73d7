"""Build the models from the ledger, and publish them as `news.duckdb`.

A build has four stages, all in `build.duckdb`, a DuckDB file that no other program opens:

1. `build_file` decides whether the file of the last build can be continued, and marks it unfinished.
2. `event_tables` copies the events recorded since then into schema `events`, up to one position of the ledger. Tables,
   comments and rules follow from the event types (`event_docs`).
3. `dbt_run` lets dbt build the marts in sql/models and test everything. Marts read nothing but schema `events`, which
   `event_source` declares to dbt. `sql_functions` gives dbt the comparison of texts in `word_differences`.
4. `build_file` adds `comments`, the table macros and, last of all, the table `build_info`: a file without it is
   unfinished.

`publication` then copies the finished file beside `news.duckdb` and renames the copy over it. A session that has the
old file open keeps reading it. The build file is disposable: if it cannot be read, was left unfinished, belongs to
another ledger or has other columns than today's event types, the build starts from an empty file. Start reading in
`builds`.
"""

from pipeline.models.builds import BuildResult, Refresh, Tested, build
from pipeline.models.publication import prune, publish, published_counts

__all__ = ["BuildResult", "Refresh", "Tested", "build", "prune", "publish", "published_counts"]
