"""Prove that ledger and archive hold what was recorded, and remember when that was last done.

`proof` verifies the ledger (`pipeline.ledger.verify`) and the archive: `archive_files` chooses the files and reads them
in threads, `pipeline.archive.named_records` compares each record with its event. `remembered` keeps the result for
`newsledger status`. Start with `proof`.
"""
