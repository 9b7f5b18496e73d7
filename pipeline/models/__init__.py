"""Build the models from the ledger, and publish them as `news.duckdb`.

A build has five stages, all in `build.duckdb`, a DuckDB file that no other program opens:

1. `build_file` finds out what the file of the last build was made from, and whether it can be continued. `recipe` has
   the digest of everything that rows follow from besides the events. If neither has changed, there is nothing to do.
   If the digest is new, `dbt_compile` lets dbt compile the project in sql/; `event_source` declares the tables that it
   reads.
2. `event_tables` copies the events recorded since then into schema `events`, up to one position of the ledger. Tables,
   comments and rules follow from the event types (`event_docs`).
3. `touched` finds the addresses, articles and persons that these events are about, and all events of these addresses.
4. `marts` runs the compiled SQL: each mart has the rows of touched articles and persons replaced, then the data tests
   read the new rows. `sql_functions` gives DuckDB the comparison of texts in `word_differences`.
5. `build_file` adds `comments`, the table macros and the table `build_info`, and removes the schemas that mark the file
   as unfinished.

`publication` then copies the finished file beside `news.duckdb` and renames the copy over it. A session that has the
old file open keeps reading it. The build file is disposable: if it cannot be read, belongs to another ledger or has
other columns than today's event types, the build starts from an empty file. Start reading in `builds`.
"""

from pipeline.models.builds import BuildResult, Refresh, Tested, build
from pipeline.models.publication import prune, publish, published_counts

__all__ = ["BuildResult", "Refresh", "Tested", "build", "prune", "publish", "published_counts"]
