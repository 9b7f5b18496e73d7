"""The ledger: an append-only, gapless, hash-chained log of events in DuckLake, the project's system of record.

In the order in which an event takes its way: `rows` turns it into a table row and into the bytes that digests cover;
`log` appends it and reads it back; `verify` proves that nothing was changed, removed or inserted, with the SQL of
`canonical`. Below them, `catalog` knows where the ledger lies, `session` opens it in DuckDB, `tables` creates its
tables, `disk` recognises a full disk. `sql` has one statement a file, including the queries of the steps. Start reading
in `log`.
"""

from pipeline.ledger.log import Append, Ledger, Run, start_run
from pipeline.ledger.verify import Verification, VerifyFinding, verify

__all__ = ["Append", "Ledger", "Run", "Verification", "VerifyFinding", "start_run", "verify"]
