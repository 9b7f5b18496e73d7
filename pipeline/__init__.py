"""newsledger: an auditable, replayable record of what the news published, said, quoted and changed."""

import os

# DuckDB's allocator, jemalloc, keeps freed memory for ten seconds: a build of a million articles took twice the memory.
# After one second it costs nothing in small queries; given back at once, it costs them a tenth of their time.
# It reads this variable when DuckDB is loaded, and a user's own value stays.
os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "dirty_decay_ms:1000,muzzy_decay_ms:0")
