"""Prove that ledger and archive hold what was recorded, and remember when that was last done.

`installation` verifies the ledger (`pipeline.ledger.verify`) from the checkpoint of the last verification, which
`checkpoint_file` keeps. It looks for the heads that `heads` finds in other places, and `archive_files` compares the
records of the archive with the events that name them. `proof` is the result, `remembered` keeps it for `newsledger
status`. Start with `installation`.
"""
