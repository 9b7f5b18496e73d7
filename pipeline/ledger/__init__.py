"""The ledger: an append-only, gapless, hash-chained log of events in DuckLake."""

from pipeline.ledger.log import Append, Ledger, Run, start_run
from pipeline.ledger.verify import Finding, Verification, verify

__all__ = ["Append", "Finding", "Ledger", "Run", "Verification", "start_run", "verify"]
